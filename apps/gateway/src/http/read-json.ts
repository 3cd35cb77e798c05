import { type ApiError, badRequest } from "@gateway/protocol";
import type { Config } from "../config/config.ts";
import type { AppContext } from "./context.ts";
import { decodeBody } from "./decode-body.ts";
import { tooLarge } from "./too-large.ts";

type Limits = Config["requests"];

/** Values in one body. Parsed, each costs fifty bytes and more, so that a few compressed kilobytes could fill the memory. */
const maxValues = 500_000;
/** Keys of one object. Real requests need a hundredth; with very many, all that goes over them takes seconds. */
const maxKeys = 10_000;
/** Bodies up to this many bytes are not counted: they have no room for {@link maxKeys} different keys. */
const freeBytes = 64 * 1024;

/** Objects and arrays inside one another; real requests need a tenth. JSON.stringify would overflow the stack. */
const maxDepth = 256;

/**
 * Reads a request's body as JSON. Throws 413 where it is too large (as sent, after decoding, or by {@link parseJson}), 400 where it
 * cannot be read: wrong content type, unknown or broken content-encoding, not UTF-8, not JSON, nested too
 * deeply.
 */
export async function readJson(c: AppContext, limits: Limits): Promise<unknown> {
  const value = await readOptionalJson(c, limits);
  if (value === undefined) throw badRequest("The request body is empty; a JSON object is expected.");
  return value;
}

/** Like {@link readJson}, where the body may be left out: undefined for an empty one. */
export async function readOptionalJson(c: AppContext, limits: Limits): Promise<unknown> {
  const raw = await readBytes(c, limits.max_body);
  if (raw.byteLength === 0) return undefined;
  checkContentType(c.req.header("content-type"));
  return parseJson(await decodeBody(raw, c.req.header("content-encoding"), limits.max_decoded_body));
}

/**
 * Reads bytes as JSON. Throws 413 where they hold too many values, or an object of too many keys, 400 where they are not
 * UTF-8, not JSON, or nested too deeply.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > freeBytes) checkCounts(bytes);
  const value = parse(bytes);
  if (depthOf(value, maxDepth) > maxDepth) throw tooDeep();
  return value;
}

function tooDeep(): ApiError {
  return badRequest("The JSON body is nested too deeply.");
}

function checkContentType(header: string | undefined): void {
  if (header === undefined) return;
  const type = header.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json" || type.endsWith("+json")) return;
  throw badRequest(
    `Unsupported content type '${type.slice(0, 80)}'. Send 'Content-Type: application/json'.`,
    {
      code: "unsupported_content_type",
    },
  );
}

async function readBytes(c: AppContext, limit: number): Promise<Uint8Array> {
  const declared = c.req.header("content-length");
  if (declared !== undefined) {
    if (Number(declared) > limit) throw tooLarge(limit, "The request body");
    // The server has checked that no more than that comes.
    return new Uint8Array(await c.req.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit, "The request body");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const [quote, backslash, comma, brace, bracket, braceEnd, bracketEnd] = Buffer.from('"\\,{[}]');

/**
 * Throws 413 where a JSON text holds too many values, or too many keys in one object, and 400 where it nests too deeply,
 * before any of it costs memory. What is no JSON passes, or is refused for what it looks like.
 *
 * Each value but the first follows a comma or opens an object or array, as each key but the first of an object follows
 * a comma.
 */
function checkCounts(bytes: Uint8Array): void {
  let values = 0;
  let quoted = false;
  /** For each object that is open its keys, for each array a number that never gets to be one. */
  const open: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) quoted = !quoted;
    else if (quoted) at += byte === backslash ? 1 : 0;
    else if (byte === comma) {
      values++;
      const keys = (open.pop() ?? Number.NEGATIVE_INFINITY) + 1;
      if (keys > maxKeys)
        throw tooLarge(maxKeys, "The number of keys of one object in the JSON body", "keys");
      open.push(keys);
    } else if (byte === brace || byte === bracket) {
      values++;
      if (open.push(byte === brace ? 1 : Number.NEGATIVE_INFINITY) > maxDepth) throw tooDeep();
    } else if (byte === braceEnd || byte === bracketEnd) open.pop();
  }
  if (values > maxValues) throw tooLarge(maxValues, "The number of values in the JSON body", "values");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw badRequest(
      "We could not parse the JSON body of your request. It must be valid JSON in UTF-8.",
      // The cause may quote the body, which must not reach the log.
      { code: null, cause: cause instanceof SyntaxError ? undefined : cause },
    );
  }
}

/** How deep a value nests; stops counting beyond `enough`. */
function depthOf(value: unknown, enough: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (enough < 0) return 1;
  let deepest = 0;
  for (const child of Object.values(value)) {
    if (typeof child !== "object" || child === null) continue;
    deepest = Math.max(deepest, depthOf(child, enough - 1));
    if (deepest > enough) break;
  }
  return deepest + 1;
}
