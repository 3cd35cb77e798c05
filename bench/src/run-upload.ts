import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { request } from "undici";

/** A file that is uploaded: at once by POST /v1/files, or by POST /v1/uploads in parts. */
export interface UploadJob {
  /** "http://host:port". */
  origin: string;
  bytes: number;
  /** Bytes of a part; undefined uploads the file at once. */
  partBytes?: number;
}

/** What an upload came to. */
export interface UploadResult {
  /** Milliseconds from the first request to the last answer. */
  elapsed: number;
  /** The id of the file that there is now; undefined where it was refused. */
  file?: string;
  /** What came instead of a file, in a line. */
  refused?: string;
}

/** Bytes that are written at a time. */
const pieceBytes = 256 * 1024;
/** Different pieces, sent over and over: a whole file is never in memory. */
const pieceCount = 16;
/** Milliseconds without any answer after which an upload has failed. */
const patience = 120_000;

const boundary = "bench-7f3a9c51d2";

/** Uploads a file of random content. What the server refuses is a result, not an error. */
export async function runUpload(job: UploadJob): Promise<UploadResult> {
  // New for each upload: a file whose content is there already could cost less.
  const pieces = Array.from({ length: pieceCount }, () => randomBytes(pieceBytes));
  const begin = performance.now();
  try {
    const file = job.partBytes === undefined ? await atOnce(job, pieces) : await inParts(job, pieces);
    const elapsed = performance.now() - begin;
    return file.bytes === job.bytes
      ? { elapsed, file: file.id }
      : { elapsed, refused: `the file has ${file.bytes} bytes` };
  } catch (error) {
    return {
      elapsed: performance.now() - begin,
      refused: error instanceof Error ? error.message : String(error),
    };
  }
}

interface FileAnswer {
  id: string;
  bytes: number;
}

function atOnce({ origin, bytes }: UploadJob, pieces: readonly Buffer[]): Promise<FileAnswer> {
  const purpose = partHead('name="purpose"', "user_data\r\n");
  return postForm(`${origin}/v1/files`, purpose, "file", bytes, pieces);
}

async function inParts(
  { origin, bytes, partBytes = bytes }: UploadJob,
  pieces: readonly Buffer[],
): Promise<FileAnswer> {
  const fields = {
    bytes,
    filename: "bench.bin",
    mime_type: "application/octet-stream",
    purpose: "user_data",
  };
  const upload = await postJson<{ id: string }>(`${origin}/v1/uploads`, fields);
  const path = `${origin}/v1/uploads/${upload.id}`;
  const partIds: string[] = [];
  for (let sent = 0; sent < bytes; sent += partBytes) {
    const length = Math.min(partBytes, bytes - sent);
    partIds.push((await postForm(`${path}/parts`, "", "data", length, pieces)).id);
  }
  const complete = await postJson<{ file: FileAnswer }>(`${path}/complete`, { part_ids: partIds });
  return complete.file;
}

function postJson<Answer>(url: string, body: object): Promise<Answer> {
  return post<Answer>(url, "application/json", JSON.stringify(body));
}

/** A part of a form up to its content, and the content where that is short. */
function partHead(disposition: string, content = ""): string {
  return `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${content}`;
}

/** Sends a form: what is in `before`, then the file under the name of its field. */
function postForm(
  url: string,
  before: string,
  field: string,
  bytes: number,
  pieces: readonly Buffer[],
): Promise<FileAnswer> {
  const head = Buffer.from(`${before}${partHead(`name="${field}"; filename="bench.bin"`)}`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = head.length + bytes + tail.length;
  const body = function* (): Generator<Buffer> {
    yield head;
    yield* contentOf(bytes, pieces);
    yield tail;
  };
  return post(url, `multipart/form-data; boundary=${boundary}`, Readable.from(body()), length);
}

/** `bytes` bytes, made of the pieces in turn. */
export function* contentOf(bytes: number, pieces: readonly Buffer[]): Generator<Buffer> {
  for (let sent = 0, next = 0; sent < bytes; next += 1) {
    const piece = pieces[next % pieces.length] as Buffer;
    yield piece.subarray(0, bytes - sent);
    sent += piece.length;
  }
}

/** @throws Error that tells status and answer unless the status is 200. */
async function post<Answer>(
  url: string,
  type: string,
  body: string | Readable,
  length?: number,
): Promise<Answer> {
  const { statusCode, body: answer } = await request(url, {
    method: "POST",
    headers: {
      "content-type": type,
      ...(length === undefined ? {} : { "content-length": String(length) }),
    },
    body,
    headersTimeout: patience,
    bodyTimeout: patience,
  });
  const text = await answer.text();
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as Answer;
}
