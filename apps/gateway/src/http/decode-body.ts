import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { badRequest } from "@gateway/protocol";
import { tooLarge } from "./too-large.ts";

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);

const decoders = new Map<string, Decoder>([
  ["gzip", promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip)],
  ["br", promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)],
  ["zstd", promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)],
  // "deflate" is zlib's format (RFC 9110, section 8.4.1.2), but some clients send it without the header.
  [
    "deflate",
    (bytes, options) =>
      ((bytes[0] ?? 0) & 0x0f) === 8 ? inflate(bytes, options) : inflateRaw(bytes, options),
  ],
]);

/** More layers than any client has a reason for. */
const maxLayers = 2;

/**
 * Undoes a body's content-encoding (RFC 9110, section 8.4). The decoded size is capped, so a small bomb is a
 * 413 and not a full memory. Throws 400 for an unknown encoding or bytes that are not what it says.
 */
export async function decodeBody(
  body: Uint8Array,
  header: string | undefined,
  limit: number,
): Promise<Uint8Array> {
  if (header === undefined) return body;
  const layers = header.split(",").map((layer) => layer.trim().toLowerCase());
  const encodings = layers.filter((layer) => layer !== "" && layer !== "identity").reverse();
  if (encodings.length > maxLayers)
    throw badRequest("The request body is encoded more often than this server undoes.");
  let bytes = body;
  for (const encoding of encodings) bytes = await decodeLayer(bytes, encoding, limit);
  return bytes;
}

async function decodeLayer(bytes: Uint8Array, encoding: string, limit: number): Promise<Uint8Array> {
  const decode = decoders.get(encoding === "x-gzip" ? "gzip" : encoding);
  if (!decode) {
    throw badRequest(
      `Unsupported content-encoding '${encoding.slice(0, 40)}'. Use gzip, br, zstd, deflate or none.`,
      {
        code: "unsupported_content_encoding",
      },
    );
  }
  try {
    return await decode(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(limit, "The decoded request body");
    throw badRequest(`The request body is not valid ${encoding}.`, {
      code: "invalid_content_encoding",
      cause,
    });
  }
}
