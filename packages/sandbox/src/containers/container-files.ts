import type { ContainerFileRecord, ContainerStore, ContentKeeper, ReceivedBlob } from "@gateway/engine";
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

  /** Copies files of the Files API; those whose name is taken already are left as they are, unless `replace` is true. */
  async copy(
    tenant: string,
    id: string,
    fileIds: readonly string[],
    { param, replace = false }: { param: string; replace?: boolean },
  ): Promise<ContainerFileRecord[]> {
    const taken = new Set((await this.#deps.store.files(tenant, id)).map(({ path }) => path));
    const copied: ContainerFileRecord[] = [];
    for (const fileId of fileIds) {
      const { filename } = await this.find(tenant, fileId, param);
      const path = toPath(filename);
      if (taken.has(path) && !replace) continue;
      const { body } = await this.#deps.files.content(tenant, fileId);
      copied.push(await this.put(tenant, id, { path, source: "user" }, await this.receive(body)));
    }
    return copied;
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
