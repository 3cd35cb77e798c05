import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/** What the thread can do, and what each task gives. */
interface Tasks {
  /** `PRAGMA wal_checkpoint`: pages in the log, and how many of them are in the database now. */
  checkpoint: { argument: "PASSIVE" | "TRUNCATE"; result: CheckpointResult };
  /** Copies the database to a file, in one read transaction. */
  backup: { argument: string; result: undefined };
  /** `PRAGMA integrity_check`: one line for each thing that is wrong, or `ok`. */
  integrity: { argument: null; result: string[] };
}

/** A row of `PRAGMA wal_checkpoint` (SQLite, "PRAGMA wal_checkpoint"). */
export interface CheckpointResult {
  /** 1 when someone else was in the way and not all could be done. */
  busy: number;
  log: number;
  checkpointed: number;
}

/**
 * The thread's program: plain JavaScript in a string, and CommonJS, so that it starts alike from TypeScript
 * source and out of a bundle. It loads better-sqlite3 from where this process found it.
 */
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const Database = require(workerData.sqlite);
const client = new Database(workerData.file, { fileMustExist: true, timeout: 1000 });
client.pragma("wal_autocheckpoint = 0");
const tasks = {
  checkpoint: (mode) => client.pragma("wal_checkpoint(" + mode + ")")[0],
  // All pages in one step: in smaller ones, every write of the gateway would make the copy start again.
  backup: (file) => client.backup(file, { progress: () => 0x7fffffff }).then(() => undefined),
  integrity: () => client.pragma("integrity_check(20)").map((row) => row.integrity_check),
};
parentPort.on("message", async ({ id, task, argument }) => {
  if (task === "close") {
    client.close();
    parentPort.close();
    return;
  }
  try {
    parentPort.postMessage({ id, result: await tasks[task](argument) });
  } catch (error) {
    parentPort.postMessage({ id, error: { message: error.message, code: error.code } });
  }
});
`;

interface Call {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/** The thread is no more, or never came up; the call it was given may or may not have been done. */
export class ThreadGoneError extends Error {
  override readonly name = "ThreadGoneError";
}

/**
 * A thread with its own connection to a database, for work that would stop the event loop: it waits for
 * the disk. It starts with the first call and does its calls one after the other. It keeps the process
 * alive only while it has something to do.
 */
export class MaintenanceThread {
  readonly #file: string;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #lastId = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Does a task.
   *
   * @throws Error with SQLite's `code` when the task fails; ThreadGoneError when the thread does.
   */
  call<T extends keyof Tasks>(task: T, argument: Tasks[T]["argument"]): Promise<Tasks[T]["result"]> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      try {
        this.#worker ??= this.#start();
        this.#worker.ref();
        this.#worker.postMessage({ id, task, argument });
      } catch (cause) {
        this.#fail(cause);
      }
    });
  }

  /** Lets the calls under way finish, closes the connection and waits for the thread's end. */
  async close(): Promise<void> {
    this.#worker?.ref();
    this.#worker?.postMessage({ task: "close" });
    await this.#exited;
  }

  #start(): Worker {
    const sqlite = createRequire(import.meta.url).resolve("better-sqlite3");
    const worker = new Worker(program, {
      eval: true,
      name: "gateway-store",
      workerData: { sqlite, file: this.#file },
      // Not the process's: what is preloaded there has no business here.
      execArgv: [],
      // Its heap holds next to nothing; what SQLite allocates is not counted.
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
    });
    worker.on("message", ({ id, result, error }) => this.#settle(id, result, error));
    worker.on("error", (cause) => this.#fail(cause));
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#worker = undefined;
        this.#fail(new Error("the thread has ended"));
        resolve();
      });
    });
    return worker;
  }

  #settle(id: number, result: unknown, error: { message: string; code?: string } | undefined): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker?.unref();
    if (error === undefined) call?.resolve(result as never);
    else call?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #fail(cause: unknown): void {
    for (const { reject } of this.#calls.values()) {
      reject(new ThreadGoneError("The store's maintenance thread has failed.", { cause }));
    }
    this.#calls.clear();
  }
}
