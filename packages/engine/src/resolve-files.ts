import { ApiError, type ContentPart, type Item, unprocessable } from "@gateway/protocol";
import { decodeFileData } from "./decode-file-data.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { RequestFiles } from "./knowledge/request-files.ts";
import type { ModelBackend } from "./model-backend.ts";
import type { PartPath } from "./param-path.ts";
import type { WebFetcher } from "./web/web-fetcher.ts";

/** The path of a key of the part that is being resolved. */
type KeyPath = (key: string) => string;

/** What is fetched for a request, and for whom. */
interface Fetching {
  fetcher: WebFetcher | undefined;
  backend: Pick<ModelBackend, "fetchesImages">;
}

/** URLs that are fetched for one request. */
const maxUrls = 100;

/** Characters that the files of one request may come to, pictures as data URLs; each mention of a file counts. */
const maxChars = 64 * 1024 * 1024;

/**
 * Replaces what refers to files by their content, for the model's server knows none: an `input_file` becomes its
 * text with its name as a header, an `input_image` by id a data URL, and where the model's server cannot fetch it, so does
 * one by URL. One resolver serves one request: a file is read
 * once, and all of them together have a limit.
 */
export class FileResolver {
  readonly #scope: Pick<RequestScope, "tenant" | "abort">;
  readonly #files: RequestFiles;
  readonly #read = new Map<string, Promise<ContentPart>>();
  readonly #fetcher: WebFetcher | undefined;
  readonly #inlinesImages: boolean;
  #chars = 0;
  #urls = 0;

  constructor(scope: Pick<RequestScope, "tenant" | "abort">, files: RequestFiles, fetching?: Fetching) {
    this.#scope = scope;
    this.#files = files;
    const { fetcher, backend } = fetching ?? {};
    this.#fetcher = fetcher;
    const images = fetcher?.images ?? "never";
    this.#inlinesImages = images === "always" || (images === "auto" && backend?.fetchesImages !== true);
  }

  /**
   * Items without files are passed on as they are. `pathsOf` names the parts of an item, for errors. Throws an
   * {@link ApiError} that names the field: 404 for an id that there is not, 422 for a file without text, for a
   * URL that cannot be fetched, and for a part that names no file, 413 when it is too much. In items for which `pathsOf` gives
   * nothing, a file that is not to be had is replaced by a sentence that says so.
   */
  async resolve(items: readonly Item[], pathsOf: (item: Item) => PartPath | undefined): Promise<Item[]> {
    const resolved: Item[] = [];
    for (const item of items) {
      const parts = partsOf(item);
      if (!parts?.some((part) => this.#refersToFile(part) || isForeignUrl(part))) {
        resolved.push(item);
        continue;
      }
      const path = pathsOf(item);
      const content: ContentPart[] = [];
      for (const [index, part] of parts.entries()) {
        content.push(await this.#resolvePart(part, path && ((key) => path(index, key))));
      }
      resolved.push(
        (item.type === "function_call_output" ? { ...item, output: content } : { ...item, content }) as Item,
      );
    }
    return resolved;
  }

  async #resolvePart(part: ContentPart, path: KeyPath | undefined): Promise<ContentPart> {
    if (!this.#refersToFile(part) && !isForeignUrl(part)) return part;
    try {
      if (isForeignUrl(part)) throw foreignUrl();
      const resolved = await this.#contentOf(part);
      this.#count(resolved);
      return resolved;
    } catch (thrown) {
      const error = ApiError.from(thrown);
      if (error.status >= 500) throw error;
      if (path === undefined && error.status !== 413) return notice(error);
      throw withParam(error, path?.(keyOf(part)) ?? "input");
    }
  }

  #refersToFile(part: ContentPart): boolean {
    if (part.type === "input_file") return true;
    if (part.type !== "input_image") return false;
    return part.file_id != null || (this.#inlinesImages && isWebUrl(part.image_url ?? ""));
  }

  #contentOf(part: ContentPart): Promise<ContentPart> {
    if (part.type === "input_file" && part.file_data != null) return this.#readPart(part);
    // The same file under another name or detail is another part.
    const same = JSON.stringify(part);
    let read = this.#read.get(same);
    if (read === undefined) {
      read = this.#readPart(part);
      this.#read.set(same, read);
    }
    return read;
  }

  async #readPart(part: ContentPart): Promise<ContentPart> {
    const { tenant, abort } = this.#scope;
    if (part.type === "input_image" && part.file_id != null) {
      const { file_id: id, ...rest } = part;
      return { ...rest, image_url: await this.#files.imageUrl(tenant, id, abort.signal) };
    }
    if (part.type === "input_image" && part.image_url != null) {
      const content = await this.#fetch((fetcher) => fetcher.fetchImage(part.image_url ?? "", abort.signal));
      return { ...part, image_url: this.#files.imageUrlOf(content) };
    }
    if (part.type !== "input_file") return part;
    if (part.file_id != null) {
      const { filename, text } = await this.#files.text(tenant, part.file_id, abort.signal);
      return toText(part.filename ?? filename, text);
    }
    const { file_url: url } = part;
    if (url != null) {
      const { filename, content } = await this.#fetch((fetcher) => fetcher.fetchFile(url, abort.signal));
      const named = part.filename ?? filename;
      return toText(named, await this.#files.textOf(content, named, abort.signal));
    }
    if (part.file_data == null) {
      throw unprocessable("An input_file needs 'file_id', 'file_data' or 'file_url'.", {
        code: "missing_required_parameter",
      });
    }
    const name = part.filename ?? undefined;
    const text = await this.#files.textOf(decodeFileData(part.file_data), name, abort.signal);
    return toText(name ?? "unnamed", text);
  }

  #fetch<T>(fetch: (fetcher: WebFetcher) => Promise<T>): Promise<T> {
    if (this.#fetcher === undefined) {
      throw unprocessable("Files by URL are not supported: upload the file, or send it as 'file_data'.", {
        code: "unsupported_value",
      });
    }
    this.#urls += 1;
    if (this.#urls > maxUrls)
      throw unprocessable(`A request may refer to up to ${maxUrls} files by URL.`, { code: "invalid_value" });
    return fetch(this.#fetcher);
  }

  #count(part: ContentPart): void {
    if (part.type === "input_text") this.#chars += part.text.length;
    else if (part.type === "input_image") this.#chars += part.image_url?.length ?? 0;
    if (this.#chars <= maxChars) return;
    throw new ApiError(
      `The files of this request are too large together: more than ${maxChars} characters.`,
      {
        status: 413,
        type: "invalid_request_error",
        code: "request_too_large",
      },
    );
  }
}

function partsOf(item: Item): readonly ContentPart[] | undefined {
  const content =
    item.type === "message" ? item.content : item.type === "function_call_output" ? item.output : undefined;
  return typeof content === "string" ? undefined : content;
}

/** Strictly as a URL is written: what a server may find in it after taking spaces out has not been looked at here. */
function isWebUrl(url: string): boolean {
  return /^https?:\/\/[^\s\p{Cc}]+$/iu.test(url);
}

/**
 * Whether a picture is neither in the request nor on the web. The model's server is not to be asked for what is in its own
 * files or network, in whatever spelling.
 */
function isForeignUrl(part: ContentPart): boolean {
  if (part.type !== "input_image" || part.file_id != null || part.image_url == null) return false;
  return !/^data:image\//i.test(part.image_url) && !isWebUrl(part.image_url);
}

function foreignUrl(): ApiError {
  return unprocessable("An image_url must be an http(s) URL, or a data URL of an image.", {
    code: "invalid_image_url",
  });
}

/** The key of a part that says where its file is. */
function keyOf(part: ContentPart): string {
  if (part.type === "input_image" && part.file_id == null) return "image_url";
  if (part.type !== "input_file" || part.file_id != null) return "file_id";
  if (part.file_url != null) return "file_url";
  return part.file_data == null ? "file_id" : "file_data";
}

function toText(filename: string, text: string): ContentPart {
  return { type: "input_text", text: `File: ${filename}\n\n${text}` };
}

/** What a model is told in place of a file of the history that cannot be had any more. */
function notice({ message }: ApiError): ContentPart {
  return { type: "input_text", text: `[A file that was here is no longer available: ${message}]` };
}

function withParam({ message, status, type, code, cause }: ApiError, param: string): ApiError {
  return new ApiError(message, { status, type, code, cause, param });
}
