import type {
  CodeContainers,
  ContainerFileRecord,
  ContainerStore,
  ContentKeeper,
  ReceivedBlob,
} from "@gateway/engine";
import { ApiError, type ContainerFileObject, newId, notFound } from "@gateway/protocol";
import type { ContainerSettings } from "./container-settings.ts";
import { containerQuotaExceeded, noSuchContainer } from "./refusals.ts";

/** Files of the Files API, to be copied. */
export interface SourceFiles {
  get(tenant: string, id: string): Promise<{ filename: string; bytes: number }>;
  content(tenant: string, id: string): Promise<{ body: ReadableStream<Uint8Array> }>;
}

/** What {@link ContainerFiles} works with. */
export interface ContainerFilesDeps {
  store: ContainerStore;
  content: ContentKeeper;
  files: SourceFiles;
  settings: ContainerSettings;
  /** Unix time in milliseconds. */
  now(): number;
}

/** How files are copied. */
export interface CopyOptions {
  /** Path of the field that names them, for errors. */
  param: string;
  replace?: boolean;
  signal?: AbortSignal | undefined;
}

/** A file that a message brings along. */
export type GivenFile = Parameters<CodeContainers["open"]>[2]["files"][number];

/** Puts files into containers. */
export class ContainerFiles {
  readonly #deps: ContainerFilesDeps;

  constructor(deps: ContainerFilesDeps) {
    this.#deps = deps;
  }

  receive(content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ReceivedBlob> {
    return this.#deps.content.receive(content, this.#deps.settings.maxFileBytes, signal);
  }

  /** Adds a file, or replaces the one under its path. Throws a 404 or 413 {@link ApiError}. */
  async put(
    tenant: string,
    id: string,
    { path, source }: { path: string; source: ContainerFileObject["source"] },
    content: ReceivedBlob,
  ): Promise<ContainerFileRecord> {
    const { store, settings, now } = this.#deps;
    const { hash, bytes } = content;
    const createdAt = Math.floor(now() / 1000);
    const file = { id: newId("cfile"), path, bytes, createdAt, source, hash };
    const kept = await this.#deps.content.hold(content, async () => {
      const outcome = await store.putFile(tenant, id, file, settings.quota);
      if (outcome === "not_found") throw noSuchContainer(id);
      if (typeof outcome === "string") throw containerQuotaExceeded(outcome);
      return outcome;
    });
    // What it may have replaced.
    this.#deps.content.sweep();
    return kept;
  }

  /**
   * Copies files of the Files API; those whose name is taken already are left as they are, unless `replace` is true. Throws
   * a 404 or 413 {@link ApiError}, and the signal's reason as soon as it is aborted.
   */
  async copy(
    tenant: string,
    id: string,
    fileIds: readonly string[],
    { param, replace = false, signal }: CopyOptions,
  ): Promise<ContainerFileRecord[]> {
    const taken = new Set((await this.#deps.store.files(tenant, id)).map(({ path }) => path));
    const copied: ContainerFileRecord[] = [];
    for (const fileId of fileIds) {
      signal?.throwIfAborted();
      const { filename } = await this.find(tenant, fileId, param);
      const path = toPath(filename);
      if (taken.has(path) && !replace) continue;
      const { body } = await this.#deps.files.content(tenant, fileId);
      const received = await this.receive(body, signal);
      copied.push(await this.put(tenant, id, { path, source: "user" }, received));
    }
    return copied;
  }

  /**
   * Puts in files that messages have brought along, but for those whose name is taken. One that cannot be had any more, or
   * that there is no room for, is left out. Throws the signal's reason when it is aborted.
   */
  async mount(tenant: string, id: string, given: readonly GivenFile[], signal: AbortSignal): Promise<void> {
    for (const file of given) {
      try {
        if ("fileId" in file) await this.copy(tenant, id, [file.fileId], { param: "input", signal });
        else await this.#mountContent(tenant, id, file, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof ApiError) || thrown.status >= 500) throw thrown;
      }
    }
  }

  async #mountContent(
    tenant: string,
    id: string,
    { filename, content }: Extract<GivenFile, { filename: string }>,
    signal: AbortSignal,
  ): Promise<void> {
    const path = toPath(filename);
    if ((await this.#deps.store.files(tenant, id)).some((file) => file.path === path)) return;
    const received = await this.receive(ReadableStream.from([content()]), signal);
    await this.put(tenant, id, { path, source: "user" }, received);
  }

  /** A file that is to be copied. Throws a 404 or 413 {@link ApiError} for the field. */
  async find(tenant: string, fileId: string, param: string): Promise<{ filename: string }> {
    const file = await this.#deps.files.get(tenant, fileId).catch((thrown: unknown) => {
      if (thrown instanceof ApiError && thrown.status === 404)
        throw notFound(`No such File object: ${fileId}`, { param });
      throw thrown;
    });
    const { maxFileBytes } = this.#deps.settings;
    if (file.bytes <= maxFileBytes) return file;
    throw new ApiError(
      `File '${fileId}' has ${file.bytes} bytes; a container takes files of up to ${maxFileBytes}.`,
      {
        status: 413,
        type: "invalid_request_error",
        code: "request_too_large",
        param,
      },
    );
  }
}

/** The path that a file has in a container: its name, without what would lead elsewhere. */
export function toPath(filename: string): string {
  const name = filename
    .slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is replaced
    .replace(/[\u0000-\u001f\u007f]/g, "_")
    .toWellFormed();
  const short = Buffer.from(name)
    .subarray(0, 200)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  return short === "" || short === "." || short === ".." ? "file" : short;
}
