import type { ByteRange } from "@gateway/engine";
import { ApiError, type FileObject } from "@gateway/protocol";
import type { AppContext } from "../context.ts";
import { parseRange } from "./byte-range.ts";
import { renderAttachment } from "./content-disposition.ts";
import { contentTypeOf } from "./content-type.ts";
import { matchesAny, toEntityTag } from "./entity-tag.ts";
import { trackBody } from "./track-body.ts";

/** What is answered with. */
interface Content {
  file: Pick<FileObject, "id" | "bytes" | "filename" | "purpose">;
  /** Changes with the content and with nothing else. */
  hash: string;
  range: ByteRange | undefined;
  body: ReadableStream<Uint8Array>;
}

type OpenContent = (range?: (bytes: number) => ByteRange | undefined) => Promise<Content>;

/**
 * Answers with a file's content, as it is read: 200, 206 for one range (416 where there is nothing of it), 304 for
 * a client that has it. HEAD gets the same head. Never shown by a browser as a page of this origin.
 */
export async function sendContent(c: AppContext, open: OpenContent): Promise<Response> {
  const content = await openRange(c, open);
  const { file, range } = content;
  const tag = toEntityTag(content.hash);
  c.header("etag", tag);
  c.header("cache-control", "private, no-cache");
  if (matchesAny(c.req.header("if-none-match"), tag)) return withoutBody(c, content, 304);

  const length = range === undefined ? file.bytes : range.end - range.start + 1;
  c.header("accept-ranges", "bytes");
  c.header("content-type", contentTypeOf(file.filename, file.purpose));
  c.header("content-length", String(length));
  c.header("content-disposition", renderAttachment(file.filename));
  c.header("x-content-type-options", "nosniff");
  c.header("content-security-policy", "sandbox; default-src 'none'");
  if (range) c.header("content-range", `bytes ${range.start}-${range.end}/${file.bytes}`);
  const status = range === undefined ? 200 : 206;
  if (c.req.method === "HEAD") return withoutBody(c, content, status);

  const fields = c.get("logFields");
  Object.assign(fields, { file_id: file.id, bytes: 0 });
  const { body, over } = trackBody(
    content.body,
    (bytes) => {
      fields.bytes = Number(fields.bytes) + bytes;
    },
    (error) => c.get("log").error({ err: error, file_id: file.id }, "the content of a file broke off"),
  );
  c.set("bodyOver", over);
  return c.body(body, status);
}

async function openRange(c: AppContext, open: OpenContent): Promise<Content> {
  const header = c.req.header("range");
  if (header === undefined) return open();
  const sameAs = c.req.header("if-range");
  if (sameAs !== undefined) {
    const whole = await open();
    if (sameAs.trim() !== toEntityTag(whole.hash)) return whole;
    await whole.body.cancel();
  }
  return open((bytes) => {
    const range = parseRange(header, bytes);
    if (range !== "unsatisfiable") return range;
    c.header("content-range", `bytes */${bytes}`);
    throw new ApiError(`The file has ${bytes} bytes; it has nothing of the range asked for.`, {
      status: 416,
      type: "invalid_request_error",
      code: "range_not_satisfiable",
    });
  });
}

async function withoutBody(c: AppContext, { body }: Content, status: 200 | 206 | 304): Promise<Response> {
  await body.cancel();
  return c.body(null, status);
}
