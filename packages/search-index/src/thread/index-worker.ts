import { Worker } from "node:worker_threads";
import { SearchIndexError } from "../storage/errors.ts";
import type { TaskTable, ThreadMessage, ThreadRequest, ThreadSettings } from "../tasks.ts";
import { threadFile } from "./thread-file.ts";

/** How an {@link IndexWorker} is kept, and who hears what its thread says beside its answers. */
export interface IndexWorkerOptions {
  /** Milliseconds without a call after which the thread is ended. */
  idleMs: number;
  onProblem(problem: Error): void;
  /** Told when the thread has thrown the file away and begun it anew, and why. */
  onRenewed?: ((reason: Error) => void) | undefined;
  /** The thread's program, where it is not the index's own. */
  program?: URL | undefined;
}

interface Call {
  request: Extract<ThreadRequest, { id: number }>;
  transfer: readonly ArrayBuffer[];
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/**
 * A thread of the index, seen from the main thread. It starts with the first call, begins its calls in their order,
 * is ended when it has had none for a while, and starts anew with the next call, also after it has crashed. Never are
 * there two at once. It keeps the process alive only while calls are under way.
 */
export class IndexWorker<T extends { [K in keyof T]: TaskTable[string] }> {
  readonly #settings: Omit<ThreadSettings, "first">;
  readonly #options: IndexWorkerOptions;
  /** What the thread was asked. */
  readonly #calls = new Map<number, Call>();
  /** What is to be asked of the next thread, once this one has ended. */
  #later: Call[] = [];
  #worker: Worker | undefined;
  /** Whether it was told to end. */
  #ending = false;
  #exited: Promise<void> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  /** Whether no thread has done anything yet. */
  #first = true;
  #lastId = 0;

  constructor(settings: Omit<ThreadSettings, "first">, options: IndexWorkerOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** How many calls have no answer yet. */
  get pending(): number {
    return this.#calls.size + this.#later.length;
  }

  /** Whether there is a thread. */
  get alive(): boolean {
    return this.#worker !== undefined;
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
      const call: Call = { request: { id: ++this.#lastId, task, argument }, transfer, resolve, reject };
      if (this.#ending) this.#later.push(call);
      else this.#ask(call);
    });
  }

  /** Lets the calls there are come to an end, closes the file and waits for the thread to end. */
  async close(): Promise<void> {
    do {
      this.#end();
      this.#worker?.ref();
      await this.#exited;
      // Calls that came while it ended have started another one.
    } while (this.alive);
  }

  #ask(call: Call): void {
    const { id } = call.request;
    clearTimeout(this.#idle);
    this.#calls.set(id, call);
    try {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(call.request, call.transfer);
    } catch (cause) {
      call.reject(new SearchIndexError("A thread of the search index could not be asked.", { cause }));
      this.#forget(id);
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#options.program ?? threadFile(), {
      name: `search-index-${this.#settings.role}`,
      workerData: { ...this.#settings, first: this.#first } satisfies ThreadSettings,
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
        this.#afterExit(failure);
        resolve();
      });
    });
    return worker;
  }

  #take(message: ThreadMessage): void {
    if ("problem" in message) {
      this.#options.onProblem(toError(message.problem));
      return;
    }
    if ("renewed" in message) {
      this.#options.onRenewed?.(toError(message.renewed));
      return;
    }
    const call = this.#calls.get(message.id);
    this.#forget(message.id);
    if ("error" in message) call?.reject(toError(message.error));
    else {
      this.#first = false;
      call?.resolve(message.result as never);
    }
  }

  #forget(id: number): void {
    this.#calls.delete(id);
    if (this.#calls.size > 0 || !this.alive || this.#ending) return;
    this.#worker?.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(), this.#options.idleMs);
    this.#idle.unref();
  }

  #end(): void {
    clearTimeout(this.#idle);
    if (!this.alive || this.#ending) return;
    this.#ending = true;
    this.#worker?.postMessage({ task: "close" } satisfies ThreadRequest);
  }

  #afterExit(cause: unknown): void {
    clearTimeout(this.#idle);
    this.#worker = undefined;
    this.#ending = false;
    const lost = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of lost) {
      reject(new SearchIndexError("A thread of the search index has failed; it is started anew.", { cause }));
    }
    for (const call of this.#later.splice(0)) this.#ask(call);
  }
}

function toError({ message, code }: { message: string; code: string }): SearchIndexError {
  return new SearchIndexError(message, { code });
}
