import {
  type CodeRun,
  type CodeSandbox,
  type ContainerFileRecord,
  SandboxBusyError,
  type SandboxFile,
  type SandboxResult,
} from "@gateway/engine";
import { ApiError, type CodeFile, type CodeOutput } from "@gateway/protocol";
import { unlessAborted } from "../unless-aborted.ts";
import type { ContainerFiles, ContainerFilesDeps } from "./container-files.ts";
import { renderNotes } from "./render-run.ts";
import { containerRoot } from "./to-objects.ts";

/** What {@link CodeRunner} works with. */
export interface CodeRunnerDeps extends ContainerFilesDeps {
  sandbox: CodeSandbox;
  containerFiles: ContainerFiles;
  imageType(content: Uint8Array): string | undefined;
  seconds: number;
  onFault(message: string, cause?: unknown): void;
}

/** Runs code in containers: hands over their files and keeps what has become of them. */
export class CodeRunner {
  readonly #deps: CodeRunnerDeps;
  /** The end of what is under way in each container: its files are read and written in turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: CodeRunnerDeps) {
    this.#deps = deps;
  }

  /** What the sandbox knows a container by. */
  keyOf(tenant: string, id: string): string {
    return JSON.stringify([tenant, id]);
  }

  /**
   * Makes the container ready and runs code in it, one run after the other. What goes wrong is told in the outputs; rejects
   * only with the signal's reason, as soon as it is aborted.
   */
  async run(
    tenant: string,
    id: string,
    code: string,
    signal: AbortSignal,
    prepare: (signal: AbortSignal) => Promise<void> = async () => {},
  ): Promise<CodeRun> {
    const key = this.keyOf(tenant, id);
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = unlessAborted(before, signal).then(() => this.#attempt(tenant, id, code, signal, prepare));
    // Who leaves the line lets nobody behind pass those before.
    const settled = Promise.allSettled([before, turn]).then(() => {
      if (this.#turns.get(key) === settled) this.#turns.delete(key);
    });
    this.#turns.set(key, settled);
    return await turn;
  }

  async #attempt(
    tenant: string,
    id: string,
    code: string,
    signal: AbortSignal,
    prepare: (signal: AbortSignal) => Promise<void>,
  ): Promise<CodeRun> {
    let why = "its container could not be made ready";
    try {
      await prepare(signal);
      why = "a fault of the server's";
      return await this.#runNow(tenant, id, code, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof SandboxBusyError)
        return { completed: false, outputs: toLogs(thrown.message), files: [] };
      return this.#toFault(thrown, why);
    }
  }

  /** What is told of code that could not be run. */
  #toFault(thrown: unknown, why: string): CodeRun {
    const known = thrown instanceof ApiError && thrown.status < 500;
    if (!known) this.#deps.onFault(`code could not be run: ${why}`, thrown);
    const reason = known ? thrown.message : `${why}.`;
    return { completed: false, outputs: toLogs(`The code was not run: ${reason}`), files: [] };
  }

  async #runNow(tenant: string, id: string, code: string, signal: AbortSignal): Promise<CodeRun> {
    const { store, sandbox, seconds } = this.#deps;
    const now = () => Math.floor(this.#deps.now() / 1000);
    const container = await store.get(tenant, id);
    const files = await store.files(tenant, id);
    if (container === undefined || !(await store.touch(tenant, id, now(), true)))
      return {
        completed: false,
        outputs: toLogs("The code was not run: its container was deleted."),
        files: [],
      };
    const task = { code, files: files.map((file) => this.#toSandboxFile(file)) };
    const result = await sandbox.run(this.keyOf(tenant, id), task, signal);
    const found = await this.#keep(tenant, id, result, files);
    if (found === undefined) {
      const logs = `${result.logs}\n${toNote(deletedMeanwhile)}`;
      return { completed: false, outputs: toLogs(logs), files: [] };
    }
    const { kept, unkept } = found;
    await store.touch(tenant, id, now(), true);
    const { before, after } = renderNotes(result, { used: container.used, seconds, unkept });
    const logs = [...before.map(toNote), result.logs, ...after.map((note) => `\n${toNote(note)}`)].join("");
    return {
      completed: result.end === "completed" || result.end === "failed",
      outputs: [...toLogs(logs), ...this.#toImages(id, kept)],
      files: kept.map(
        ({ file }) => ({ file_id: file.id, path: `${containerRoot}/${file.path}` }) satisfies CodeFile,
      ),
    };
  }

  #toSandboxFile({ path, bytes, hash }: ContainerFileRecord): SandboxFile {
    return { path, bytes, hash, read: () => this.#deps.content.read(hash) };
  }

  /**
   * Keeps the files that code has changed, as far as there is room, and removes those that it has removed. Undefined where
   * the container was deleted meanwhile.
   */
  async #keep(
    tenant: string,
    id: string,
    { changed, removed }: SandboxResult,
    files: readonly ContainerFileRecord[],
  ): Promise<{ kept: KeptFile[]; unkept: string[] } | undefined> {
    // Its deletion has ended the process, which else looks as if it had broken down.
    if ((await this.#deps.store.get(tenant, id)) === undefined) return undefined;
    for (const path of removed) {
      const file = files.find((file) => file.path === path);
      if (file !== undefined) await this.#deps.store.deleteFile(tenant, id, file.id);
    }
    const kept: KeptFile[] = [];
    const unkept: string[] = [];
    for (const { path, content } of changed) {
      try {
        const received = await this.#deps.containerFiles.receive(toChunks(content));
        const file = await this.#deps.containerFiles.put(tenant, id, { path, source: "assistant" }, received);
        kept.push({ file, content });
      } catch (thrown) {
        if (!(thrown instanceof ApiError)) throw thrown;
        if (thrown.status === 404) return undefined;
        if (thrown.status !== 413) throw thrown;
        unkept.push(`${path} (${thrown.message})`);
      }
    }
    if (removed.length > 0) this.#deps.content.sweep();
    return { kept, unkept };
  }

  /** The pictures among the files: whole where they are small, else where they can be had. */
  #toImages(id: string, kept: readonly KeptFile[]): CodeOutput[] {
    return kept.flatMap(({ file, content }): CodeOutput[] => {
      const type = this.#deps.imageType(content);
      if (type === undefined) return [];
      const inline = content.length <= this.#deps.settings.maxInlineImageBytes;
      const url = inline
        ? `data:${type};base64,${Buffer.from(content).toString("base64")}`
        : `/v1/containers/${id}/files/${file.id}/content`;
      return [{ type: "image", url }];
    });
  }
}

const deletedMeanwhile =
  "The container was deleted while the code ran: what was defined and imported is gone, and so are its files.";

interface KeptFile {
  file: ContainerFileRecord;
  content: Uint8Array;
}

async function* toChunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
  if (content.length > 0) yield content;
}

function toNote(note: string): string {
  return `[${note}]\n`;
}

function toLogs(logs: string): CodeOutput[] {
  return logs === "" ? [] : [{ type: "logs", logs }];
}
