import type { CodeSandbox, CodeSession, ContainerFileRecord, ContainerRecord } from "@gateway/engine";
import { badRequest, newId } from "@gateway/protocol";
import { CodeRunner } from "./code-runner.ts";
import { ContainerFiles, type ContainerFilesDeps, toPath } from "./container-files.ts";
import { type ContainerSettings, defaultContainerSettings } from "./container-settings.ts";
import type { Containers } from "./containers.ts";
import {
  containerExpired,
  containerQuotaExceeded,
  noSuchContainer,
  noSuchContainerFile,
} from "./refusals.ts";
import { hasExpired, toContainerFileObject, toContainerObject } from "./to-objects.ts";

/** What {@link openContainers} works with. All of it stays the caller's to close but the sandbox. */
export interface ContainersDeps extends Omit<ContainerFilesDeps, "settings"> {
  sandbox: CodeSandbox;
  /** The media type of a picture by its content; undefined for what is none. */
  imageType(content: Uint8Array): string | undefined;
  /** Seconds that code may run. */
  seconds: number;
  settings?: Partial<ContainerSettings>;
  /** Told of trouble in the background, and of what went on in a lesser way. Never throws. */
  onFault(message: string, cause?: unknown): void;
}

const sweepBatch = 100;

/** Containers over a store, and the code that is run in them. */
export function openContainers(deps: ContainersDeps): Containers {
  const settings: ContainerSettings = { ...defaultContainerSettings, ...deps.settings };
  const { store, content, sandbox } = deps;
  const files = new ContainerFiles({ ...deps, settings });
  const runner = new CodeRunner({ ...deps, settings, containerFiles: files });
  const nowSeconds = () => Math.floor(deps.now() / 1000);
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;

  async function find(tenant: string, id: string, param?: string): Promise<ContainerRecord> {
    const record = await store.get(tenant, id);
    if (record === undefined) throw noSuchContainer(id, param);
    return record;
  }

  async function findLive(tenant: string, id: string, param?: string): Promise<ContainerRecord> {
    const record = await find(tenant, id, param);
    if (hasExpired(record, deps.now())) throw containerExpired(id, param);
    return record;
  }

  async function findFile(tenant: string, id: string, fileId: string): Promise<ContainerFileRecord> {
    await find(tenant, id);
    const file = await store.getFile(tenant, id, fileId);
    if (file === undefined) throw noSuchContainerFile(fileId);
    return file;
  }

  async function make(
    tenant: string,
    record: Pick<ContainerRecord, "id" | "name"> & Partial<ContainerRecord>,
  ) {
    const now = nowSeconds();
    const { expiresAfter } = settings;
    const whole: ContainerRecord = {
      ...{ createdAt: now, lastActiveAt: now, expiresAfter, memoryLimit: "1g", used: false },
      ...record,
    };
    const outcome = await store.create(tenant, whole, now, settings.quota);
    if (outcome !== "created") throw containerQuotaExceeded(outcome);
    return whole;
  }

  async function remove(tenant: string, id: string): Promise<boolean> {
    const deleted = await store.delete(tenant, id);
    await sandbox.end(runner.keyOf(tenant, id));
    content.sweep();
    return deleted;
  }

  async function sweep(): Promise<void> {
    const before = Math.floor((deps.now() - settings.keepMs) / 1000);
    for (;;) {
      const idle = await store.idle(before, sweepBatch);
      for (const { tenant, id } of idle) await remove(tenant, id);
      if (idle.length < sweepBatch) return;
    }
  }

  function beginSweep(): void {
    sweeping ??= sweep()
      .catch((cause: unknown) =>
        deps.onFault("old containers could not be removed; it is tried again", cause),
      )
      .finally(() => {
        sweeping = undefined;
      });
  }

  return {
    description: describe(deps.seconds),

    async open(tenant, declared, context, param): Promise<CodeSession> {
      const at = `${param}.container`;
      const named = typeof declared === "string";
      const fileIds = named ? [] : (declared?.file_ids ?? []);
      for (const [index, fileId] of fileIds.entries())
        await files.find(tenant, fileId, `${at}.file_ids[${index}]`);
      const former = named
        ? (await findLive(tenant, declared, at)).id
        : await firstLive(tenant, context.used);
      const id = former ?? newId("cntr");
      let made = former !== undefined;
      let filled = false;
      // Again with each run until all of it is done; runs have their turns, so never twice at once.
      const prepare = async (signal: AbortSignal) => {
        if (!made) await make(tenant, { id, name: "auto" });
        made = true;
        if (filled) return;
        await files.copy(tenant, id, fileIds, { param: `${at}.file_ids`, signal });
        await files.mount(tenant, id, context.files, signal);
        filled = true;
      };
      return {
        containerId: id,
        run: (code, signal) => runner.run(tenant, id, code, signal, prepare),
      };
    },

    async create(tenant, body, signal) {
      const { name, expires_after: expiry, file_ids: fileIds, memory_limit: memoryLimit } = body;
      for (const [index, fileId] of (fileIds ?? []).entries())
        await files.find(tenant, fileId, `file_ids[${index}]`);
      const record = await make(tenant, {
        id: newId("cntr"),
        name,
        ...(expiry != null && { expiresAfter: expiry.minutes }),
        ...(memoryLimit != null && { memoryLimit }),
      });
      try {
        await files.copy(tenant, record.id, fileIds ?? [], { param: "file_ids", signal });
      } catch (thrown) {
        await remove(tenant, record.id);
        throw thrown;
      }
      return toContainerObject(record, deps.now());
    },

    async get(tenant, id) {
      return toContainerObject(await find(tenant, id), deps.now());
    },

    async list(tenant, query) {
      const page = await store.list(tenant, query);
      if (!page) throw noSuchContainer(query.after ?? "", "after");
      return { ...page, data: page.data.map((record) => toContainerObject(record, deps.now())) };
    },

    async delete(tenant, id) {
      if (!(await remove(tenant, id))) throw noSuchContainer(id);
    },

    receive: (source, signal) => files.receive(source, signal),

    async addFile(tenant, id, filename, received) {
      try {
        await findLive(tenant, id);
      } catch (error) {
        await received.discard();
        throw error;
      }
      const file = await files.put(tenant, id, { path: toPath(filename), source: "user" }, received);
      await store.touch(tenant, id, nowSeconds(), false);
      return toContainerFileObject(id, file);
    },

    async copyFile(tenant, id, fileId, signal) {
      await findLive(tenant, id);
      const [file] = await files.copy(tenant, id, [fileId], { param: "file_id", replace: true, signal });
      if (file === undefined) throw noSuchContainerFile(fileId);
      await store.touch(tenant, id, nowSeconds(), false);
      return toContainerFileObject(id, file);
    },

    async getFile(tenant, id, fileId) {
      return toContainerFileObject(id, await findFile(tenant, id, fileId));
    },

    async listFiles(tenant, id, query) {
      await find(tenant, id);
      const page = await store.listFiles(tenant, id, query);
      if (!page)
        throw badRequest(`'after' names nothing in this list: ${query.after ?? ""}`, { param: "after" });
      return { ...page, data: page.data.map((file) => toContainerFileObject(id, file)) };
    },

    async fileContent(tenant, id, fileId, range) {
      const file = await findFile(tenant, id, fileId);
      const span = range?.(file.bytes);
      const object = toContainerFileObject(id, file);
      try {
        return { file: object, hash: file.hash, range: span, body: await content.read(file.hash, span) };
      } catch (error) {
        // It may have been deleted between the two.
        await findFile(tenant, id, fileId);
        throw error;
      }
    },

    async deleteFile(tenant, id, fileId) {
      await find(tenant, id);
      if (!(await store.deleteFile(tenant, id, fileId))) throw noSuchContainerFile(fileId);
      content.sweep();
    },

    start() {
      beginSweep();
      timer = setInterval(beginSweep, settings.sweepMs).unref();
    },

    async close() {
      clearInterval(timer);
      await sandbox.close();
      await sweeping;
    },
  };

  /** The first of some containers that can still be used. */
  async function firstLive(tenant: string, ids: readonly string[]): Promise<string | undefined> {
    for (const id of ids) {
      const record = await store.get(tenant, id);
      if (record !== undefined && !hasExpired(record, deps.now())) return id;
    }
    return undefined;
  }
}

function describe(seconds: number): string {
  return [
    "Runs Python 3 code in a sandbox and returns what it prints and the value of its last expression, as a notebook cell does. Use it to calculate, to work with data and files, and to check what can be checked by running it.",
    "Variables and imports are kept from call to call. The working directory is /mnt/data: the user's files are there, and files that you write there are kept and can be given to the user.",
    `There is the standard library only (json, csv, sqlite3, statistics, decimal, re, datetime, zipfile, html …): no numpy, pandas or matplotlib, no pip. There is no network, there are no other programs, and no threads. A call may take ${seconds} seconds.`,
  ].join(" ");
}
