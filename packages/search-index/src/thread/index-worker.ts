import { Worker } from "node:worker_threads";
import { SearchIndexError } from "../storage/errors.ts";
import type { TaskTable, ThreadMessage, ThreadSettings } from "../tasks.ts";
import { threadFile } from "./thread-file.ts";

interface Call {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/**
 * A thread of the index, seen from the main thread. It starts with the first call, begins its calls in their order,
 * and starts anew with the next call after it has crashed. It keeps the process alive only while calls are under way.
 */
export class IndexWorker<T extends { [K in keyof T]: TaskTable[string] }> {
  readonly #settings: ThreadSettings;
  readonly #onProblem: (problem: Error) => void;
  readonly #program: URL;
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #lastId = 0;

  /** `onProblem` is told what the thread says beside its answers. */
  constructor(settings: ThreadSettings, onProblem: (problem: Error) => void, program: URL = threadFile()) {
    this.#settings = settings;
    this.#onProblem = onProblem;
    this.#program = program;
  }

  /** How many calls have no answer yet. */
  get pending(): number {
    return this.#calls.size;
  }

  /**
   * Does a task. What is in `transfer` belongs to the thread from then on.
   *
   * Rejects with a SearchIndexError when the task fails (`code` is SQLite's) or the thread ends before it has
   * answered; the task may have been done then, or not.
   */
  call<K extends keyof T & string>(
    task: K,
    argument: T[K]["argument"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T[K]["result"]> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#calls.set(id, { resolve, reject });
      try {
        this.#worker ??= this.#start();
        this.#worker.ref();
        this.#worker.postMessage({ id, task, argument }, transfer);
      } catch (cause) {
        this.#calls.delete(id);
        reject(new SearchIndexError("A thread of the search index could not be asked.", { cause }));
      }
    });
  }

  /** Lets the calls under way come to an end, closes the file and waits for the thread to end. */
  async close(): Promise<void> {
    this.#worker?.ref();
    this.#worker?.postMessage({ task: "close" });
    await this.#exited;
  }

  #start(): Worker {
    const worker = new Worker(this.#program, {
      name: `search-index-${this.#settings.role}`,
      workerData: this.#settings,
      // Not the process's: what is preloaded there has no business here.
      execArgv: [],
    });
    let failure: unknown = new Error("it has ended");
    worker.on("message", (message: ThreadMessage) => this.#take(message));
    worker.on("error", (cause) => {
      failure = cause;
    });
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#worker = undefined;
        this.#fail(failure);
        resolve();
      });
    });
    return worker;
  }

  #take(message: ThreadMessage): void {
    if ("problem" in message) {
      this.#onProblem(new SearchIndexError(message.problem.message, { code: message.problem.code }));
      return;
    }
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (this.#calls.size === 0) this.#worker?.unref();
    if ("error" in message) {
      const { message: text, code } = message.error;
      call?.reject(new SearchIndexError(text, { code }));
    } else {
      call?.resolve(message.result as never);
    }
  }

  #fail(cause: unknown): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) {
      reject(new SearchIndexError("A thread of the search index has failed; it is started anew.", { cause }));
    }
  }
}
