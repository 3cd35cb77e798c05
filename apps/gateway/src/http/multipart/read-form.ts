import type { Dicer } from "@fastify/busboy";
import { ApiError, badRequest, unprocessable } from "@gateway/protocol";
import type { AppContext } from "../context.ts";
import { tooLarge } from "../too-large.ts";
import { boundaryOf } from "./boundary.ts";
import { FormReader, maxOverhead } from "./form-reader.ts";
import { openFormSource } from "./form-source.ts";

/** A form with one file, whose content has gone elsewhere. */
export interface Form<T> {
  /** The other fields: `a[b]` is `b` in the object `a`. */
  fields: Record<string, unknown>;
  /** As it was sent; undefined where the part had none. */
  filename: string | undefined;
  /** What the receiver made of the content. */
  received: T;
}

/** Which form is expected. */
export interface FormOptions {
  /** The field that holds the file. */
  fileField: string;
  /** What the receiver will accept at most; forms that announce more are refused unread. */
  maxBytes: number;
}

/**
 * Takes the content of a form's file. It ends once the whole form was read and found well; where the form is broken
 * or the client leaves, reading it throws and the signal is aborted: then nothing may stay. A chunk is the receiver's
 * until it asks for the next one: its memory is freed then.
 */
export type FileReceiver<T> = (content: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<T>;

/**
 * Reads a request of multipart/form-data (RFC 7578) with one file, as it comes: of the
 * file no more than a few chunks are in memory, fields may stand before and after it. Rejects with what the receiver
 * rejects with; 400 for a body that cannot be read, is not this type or is encoded; 413 for more parts, or longer
 * fields and headers, than any client has a reason for; 422 for a missing file, a second one, a file or field in the
 * other's place and a field given twice.
 */
export async function readForm<T>(
  c: AppContext,
  { fileField, maxBytes }: FormOptions,
  receive: FileReceiver<T>,
): Promise<Form<T>> {
  refuseEncoded(c.req.header("content-encoding"));
  // The receiver would notice, but only after so many bytes.
  if (Number(c.req.header("content-length") ?? 0) > maxBytes + maxOverhead)
    throw tooLarge(maxBytes, "The file");
  const boundary = boundaryOf(c.req.header("content-type"));
  const Parser = await loadParser();
  const parser = new Parser({ boundary, ...FormReader.parserLimits });
  const reader = new FormReader(parser, fileField, receive);
  const source = openFormSource(c);
  if (source === undefined) throw missingBody(c.req.header("content-length"));
  await reader.read(source, c.req.raw.signal);
  if (reader.file === undefined) {
    const message = reader.fields.has(fileField)
      ? `'${fileField}' was sent as text. Send it as a file, with a filename (curl: -F ${fileField}=@PATH).`
      : `Missing required parameter: '${fileField}'.`;
    throw unprocessable(message, { param: fileField, code: "missing_required_parameter" });
  }
  const { filename, received } = reader.file;
  return { fields: nest(reader.fields), filename, received: await received };
}

async function loadParser(): Promise<typeof Dicer> {
  // By way of `default`: a bundler cannot tell the names that a CommonJS module exports.
  const { default: busboy } = (await import("@fastify/busboy")) as unknown as {
    default: { Dicer: typeof Dicer };
  };
  return busboy.Dicer;
}

/** The ExtProc listener leaves out a body that is too long for it, and says how long it is. */
function missingBody(declared: string | undefined): ApiError {
  const bytes = Number(declared ?? 0);
  if (!(bytes > 0)) return badRequest("The request body is empty; a form is expected.");
  return new ApiError(
    `A body of ${bytes} bytes is too large to come this way. Route uploads to the HTTP listener.`,
    { status: 413, type: "invalid_request_error", code: "request_too_large" },
  );
}

function refuseEncoded(header: string | undefined): void {
  const encoding = header?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return;
  throw badRequest(`A form is taken as it is, not in content-encoding '${encoding.slice(0, 40)}'.`, {
    code: "unsupported_content_encoding",
  });
}

/** `expires_after[seconds]` is how forms write a field of an object. */
function nest(fields: ReadonlyMap<string, string>): Record<string, unknown> {
  const nested = new Map<string, string | Map<string, string>>();
  for (const [name, value] of fields) {
    const [, outer, inner] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    if (outer === undefined || inner === undefined) nested.set(name, value);
    else {
      const group = nested.get(outer);
      if (group instanceof Map) group.set(inner, value);
      else nested.set(outer, new Map([[inner, value]]));
    }
  }
  // As own properties: a field named __proto__ is a field like any other.
  return Object.fromEntries(
    [...nested].map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  );
}
