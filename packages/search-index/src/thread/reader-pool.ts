import type { ReaderTasks } from "../tasks.ts";
import type { IndexWorker } from "./index-worker.ts";

/** A task that no thread has begun yet. */
interface Waiting {
  begin(reader: IndexWorker<ReaderTasks>): void;
}

/**
 * Threads that read, each with one task at a time; the next starts when a task comes while those before it are busy.
 * What waits for a thread waits here, where it can be taken back.
 */
export class ReaderPool {
  readonly #readers: readonly IndexWorker<ReaderTasks>[];
  readonly #waiting: Waiting[] = [];
  /** How many have the readers closed at this time. */
  #holds = 0;

  constructor(readers: readonly IndexWorker<ReaderTasks>[]) {
    this.#readers = readers;
  }

  /** Does a task when a thread is free. Rejects like {@link IndexWorker.call}, or with the reason of a signal that is aborted before the task has begun. */
  call<K extends keyof ReaderTasks>(
    task: K,
    argument: ReaderTasks[K]["argument"],
    signal?: AbortSignal,
  ): Promise<ReaderTasks[K]["result"]> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason as Error);
      };
      const waiting: Waiting = {
        begin: (reader) => {
          signal?.removeEventListener("abort", leave);
          const answer = reader.call(task, argument);
          resolve(answer);
          void answer.catch(() => {}).then(() => this.#beginNext());
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", leave, { once: true });
      if (signal?.aborted) leave();
      else this.#beginNext();
    });
  }

  /** Ends all threads once their tasks are done, and does `between` before any is started anew. */
  async closed(between: () => Promise<void> = async () => {}): Promise<void> {
    this.#holds++;
    try {
      await Promise.all(this.#readers.map((reader) => reader.close()));
      await between();
    } finally {
      this.#holds--;
      this.#beginNext();
    }
  }

  #beginNext(): void {
    while (this.#holds === 0 && this.#waiting.length > 0) {
      const free = this.#readers.find(({ pending }) => pending === 0);
      if (free === undefined) return;
      this.#waiting.shift()?.begin(free);
    }
  }
}
