import { createHash } from "node:crypto";
import { extname } from "node:path";
import {
  type BlobStore,
  ExtractionError,
  type ExtractionSource,
  type FileRecord,
  type FileStore,
  type RequestFiles,
  type TextExtractor,
} from "@gateway/engine";
import { unprocessable } from "@gateway/protocol";
import { LRUCache } from "lru-cache";
import { hasExpired } from "../files/new-file-record.ts";
import { noSuchFile } from "../refusals.ts";
import { SharedWork } from "./shared-work.ts";
import { sniffImage } from "./sniff-image.ts";

/** What {@link openRequestFiles} works with. */
export interface RequestFilesDeps {
  files: FileStore;
  blobs: BlobStore;
  extractor: TextExtractor;
  settings: { maxImageBytes: number; maxInlineTextChars: number };
  /** Unix time in milliseconds. */
  now(): number;
}

/** Texts that are kept for the next request, in UTF-16 units of all together. */
const cachedChars = 32 * 1024 * 1024;

/** What a cached text takes beside its characters, in the same unit. */
const charsPerEntry = 128;

/** A text that is too long for a request; only its length is kept. */
interface OverlongText {
  chars: number;
}

/**
 * Files for requests. Texts are kept by the hash of their content, for a conversation sends its files again with
 * every turn; a file that was deleted is not found whatever is kept.
 */
export function openRequestFiles(deps: RequestFilesDeps): RequestFiles {
  const { files, blobs, extractor, settings } = deps;
  const texts = new LRUCache<string, string | OverlongText>({
    maxSize: cachedChars,
    sizeCalculation: (text) => charsPerEntry + (typeof text === "string" ? text.length : 0),
  });
  const extractions = new SharedWork<string>();

  async function find(tenant: string, fileId: string): Promise<FileRecord> {
    const record = await files.get(tenant, fileId);
    if (!record || hasExpired(record, deps.now())) throw noSuchFile(fileId, null);
    return record;
  }

  async function extract(hash: string, source: ExtractionSource, signal: AbortSignal): Promise<string> {
    // The name's ending is a hint to the extractor: the same bytes may be read in two ways.
    const key = `${hash}${extname(source.filename).toLowerCase()}`;
    const text = texts.get(key) ?? (await readOnce(key, source, signal));
    if (typeof text === "string") return text;
    throw unprocessable(
      `The file's text has ${text.chars} characters; a request may contain files of up to ${settings.maxInlineTextChars}. Put it into a vector store and use the file_search tool.`,
    );
  }

  async function readOnce(
    key: string,
    source: ExtractionSource,
    signal: AbortSignal,
  ): Promise<string | OverlongText> {
    const text = await extractions
      .run(key, (shared) => extractor.extract(source, shared), signal)
      .catch(toRefusal);
    const kept = text.length > settings.maxInlineTextChars ? { chars: text.length } : text;
    texts.set(key, kept);
    return kept;
  }

  return {
    async text(tenant, fileId, signal) {
      const { file, hash } = await find(tenant, fileId);
      const { filename, bytes } = file;
      return {
        filename,
        text: await extract(hash, { filename, bytes, open: () => blobs.read(hash) }, signal),
      };
    },

    async textOf(content, filename, signal) {
      const hash = createHash("sha256").update(content).digest("hex");
      const source: ExtractionSource = {
        filename: filename ?? "",
        bytes: content.byteLength,
        open: async () => ReadableStream.from([content]),
      };
      return extract(hash, source, signal);
    },

    async imageUrl(tenant, fileId, signal) {
      const { file, hash } = await find(tenant, fileId);
      if (file.bytes > settings.maxImageBytes) {
        throw unprocessable(
          `File '${fileId}' has ${file.bytes} bytes; a picture may have up to ${settings.maxImageBytes}.`,
          { code: "image_too_large" },
        );
      }
      return toDataUrl(await readAll(await blobs.read(hash), signal), `File '${fileId}'`);
    },

    imageUrlOf(content) {
      if (content.byteLength > settings.maxImageBytes) {
        throw unprocessable(
          `The picture has ${content.byteLength} bytes; it may have up to ${settings.maxImageBytes}.`,
          { code: "image_too_large" },
        );
      }
      return toDataUrl(content, "What was sent");
    },
  };
}

/** Throws a 422 where the content is no picture; `what` names it. */
function toDataUrl(content: Uint8Array, what: string): string {
  const type = sniffImage(content);
  if (type !== undefined) return `data:${type};base64,${Buffer.from(content).toString("base64")}`;
  throw unprocessable(`${what} is not a PNG, JPEG, GIF or WebP picture.`, {
    code: "unsupported_image_media_type",
  });
}

function toRefusal(error: unknown): never {
  if (error instanceof ExtractionError)
    throw unprocessable(error.message, { code: error.code, cause: error });
  throw error;
}

async function readAll(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) {
    signal.throwIfAborted();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
