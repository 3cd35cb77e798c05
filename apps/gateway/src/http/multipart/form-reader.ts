import type { Readable } from "node:stream";
import type { Dicer } from "@fastify/busboy";
import { badRequest, unprocessable } from "@gateway/protocol";
import { tooLarge } from "../too-large.ts";
import { parseHeaderWithParams } from "./header-params.ts";
import type { FileReceiver } from "./read-form.ts";

const maxParts = 100;
const maxFieldBytes = 16 * 1024;
/**
 * Bytes of a form beside its file's content: fields, headers, what stands before the first boundary and after the
 * last.
 */
export const maxOverhead = 1024 * 1024;
/** The parser works through all it is given in one go. */
const sliceBytes = 64 * 1024;

type PartHeader = Record<string, string[] | undefined>;

/**
 * One pass over a form. The first fault of anyone, parser, receiver or sender, ends it: the file's content throws,
 * the receiver's signal is aborted, the body is read no further.
 */
export class FormReader<T> {
  /** Headers beyond these are dropped by the parser, which breaks the part they belong to. */
  static readonly parserLimits = { maxHeaderPairs: 50, maxHeaderSize: 8 * 1024 };

  readonly fields = new Map<string, string>();
  file: { filename: string | undefined; received: Promise<T> } | undefined;

  readonly #parser: Dicer;
  readonly #fileField: string;
  readonly #receive: FileReceiver<T>;
  readonly #abort = new AbortController();
  readonly #collecting: Promise<void>[] = [];
  readonly #parts = new Set<Readable>();
  readonly #parsed = Promise.withResolvers<void>();
  /** Settles when the form is known to be well, which is later than the end of the file's part. */
  readonly #complete = Promise.withResolvers<void>();
  #failure: { error: unknown } | undefined;
  /** The closing boundary was read. */
  #over = false;
  #partCount = 0;
  #headerCount = 0;
  #contentBytes = 0;
  #wake = () => {};

  constructor(parser: Dicer, fileField: string, receive: FileReceiver<T>) {
    this.#parser = parser;
    this.#fileField = fileField;
    this.#receive = receive;
    this.#parsed.promise.catch(() => {});
    this.#complete.promise.catch(() => {});
    parser.on("part", (part) => this.#begin(part));
    parser.on("drain", () => this.#wake());
    parser.on("finish", () => {
      // It may keep the write that it was at: nobody is to wait for that, or write more.
      this.#over = true;
      this.#parsed.resolve();
      this.#wake();
    });
    parser.on("error", () => this.#fail(invalid("The form ends before its closing boundary.")));
  }

  /**
   * Reads the body to its end and waits for the receiver. Rejects with the first fault, once the receiver has
   * settled too.
   */
  async read(body: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<void> {
    const onLeave = () => this.#fail(brokenOff(signal.reason));
    signal.addEventListener("abort", onLeave, { once: true });
    // A read that waits for the sender ends with this.
    this.#abort.signal.addEventListener("abort", () => void body.cancel().catch(() => {}));
    try {
      if (signal.aborted) onLeave();
      await this.#pump(body);
      await this.#parsed.promise;
      await Promise.all(this.#collecting);
      if (this.#headerCount < this.#partCount) throw invalid("A part of the form has no complete header.");
      this.#complete.resolve();
      await this.file?.received;
    } catch (error) {
      const first = this.#fail(error);
      await this.file?.received.catch(() => {});
      throw first;
    } finally {
      signal.removeEventListener("abort", onLeave);
    }
  }

  async #pump(body: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    let read = 0;
    for (;;) {
      const { done, value } = await body.read().catch((cause: unknown) => {
        throw brokenOff(cause);
      });
      if (this.#failure) throw this.#failure.error;
      if (done) break;
      read += value.byteLength;
      if (read - this.#contentBytes > maxOverhead + value.byteLength)
        throw tooLarge(maxOverhead, "The form beside its file");
      for (let at = 0; at < value.byteLength; at += sliceBytes)
        await this.#parse(value.subarray(at, at + sliceBytes));
    }
    if (!this.#over) this.#parser.end();
  }

  /** Resolves when the parser is ready for more. After the closing boundary it takes nothing, and nothing matters. */
  async #parse(bytes: Uint8Array): Promise<void> {
    if (!this.#over && !this.#parser.write(bytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#failure || this.#over) resolve();
      });
    }
    if (this.#failure) throw this.#failure.error;
  }

  #begin(part: Readable): void {
    part.on("error", (error) => this.#fail(error));
    this.#parts.add(part);
    if (++this.#partCount > maxParts) this.#fail(tooLarge(maxParts, "The form", "parts"));
    if (this.#failure) {
      part.resume();
      return;
    }
    part.on("header", (header: PartHeader) => {
      this.#headerCount++;
      try {
        this.#take(part, header);
      } catch (error) {
        this.#fail(error);
        part.resume();
      }
    });
  }

  /** The parser tells a part's header before its first byte. */
  #take(part: Readable, header: PartHeader): void {
    const { value, params } = parseHeaderWithParams(header["content-disposition"]?.[0] ?? "") ?? {};
    const name = params?.get("name");
    if (value !== "form-data" || name === undefined)
      throw invalid("A part of the form has no Content-Disposition that can be read.");
    const filename = params?.get("filename");
    if (!isFile(filename, header["content-type"]?.[0])) {
      this.#collecting.push(this.#collect(name, part).catch((error) => void this.#fail(error)));
      return;
    }
    if (name !== this.#fileField) {
      throw unprocessable(`The file must be in the field '${this.#fileField}', not in '${shorten(name)}'.`, {
        param: this.#fileField,
        code: "missing_required_parameter",
      });
    }
    if (this.file !== undefined) {
      throw unprocessable(`Invalid '${this.#fileField}': send one file at a time.`, {
        param: this.#fileField,
        code: "invalid_value",
      });
    }
    const received = this.#receive(this.#contentOf(part), this.#abort.signal);
    // What a receiver left unread falls away, but only now: one that refuses is about to say why.
    received.then(
      () => part.resume(),
      (error) => this.#fail(error),
    );
    this.file = { filename, received };
  }

  async *#contentOf(part: Readable): AsyncGenerator<Uint8Array, void, undefined> {
    // A receiver that leaves does not break the part: of the two, its own fault is the one to tell.
    for await (const chunk of part.iterator({ destroyOnReturn: false })) {
      this.#contentBytes += (chunk as Uint8Array).byteLength;
      yield chunk as Uint8Array;
    }
    await this.#complete.promise;
  }

  async #collect(name: string, part: Readable): Promise<void> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of part as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxFieldBytes) throw tooLarge(maxFieldBytes, `The field '${shorten(name)}'`);
      chunks.push(chunk);
    }
    if (this.fields.has(name)) {
      throw unprocessable(`Invalid '${shorten(name)}': given more than once.`, {
        param: shorten(name),
        code: "invalid_value",
      });
    }
    this.fields.set(name, Buffer.concat(chunks).toString("utf8"));
  }

  /** Ends the reading, unless it has failed before. Returns what it failed of. */
  #fail(error: unknown): unknown {
    if (this.#failure) return this.#failure.error;
    this.#failure = { error };
    this.#parsed.reject(error);
    this.#complete.reject(error);
    for (const part of this.#parts) part.destroy(error instanceof Error ? error : undefined);
    this.#abort.abort(error);
    this.#wake();
    return error;
  }
}

/** Forms mark a file by its name; bytes without one are a file all the same. */
function isFile(filename: string | undefined, contentType: string | undefined): boolean {
  return filename !== undefined || contentType?.trim().toLowerCase() === "application/octet-stream";
}

function invalid(message: string) {
  return badRequest(message, { code: "invalid_multipart" });
}

function brokenOff(cause: unknown) {
  return badRequest("The request body broke off before its end.", { code: "invalid_multipart", cause });
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
