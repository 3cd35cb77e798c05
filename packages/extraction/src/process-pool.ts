import type { ExtractionProcess } from "./extraction-process.ts";

/** How a {@link ProcessPool} makes and keeps its processes. */
export interface ProcessPoolOptions {
  size: number;
  idleMs: number;
  start: () => ExtractionProcess;
}

interface Turn {
  take: () => void;
  refuse: (reason: unknown) => void;
}

/**
 * At most `size` processes, started when they are needed, kept for the next file and ended after `idleMs` without one.
 * Who finds none free waits, first come, first served.
 */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #processes = new Set<ExtractionProcess>();
  readonly #idle = new Map<ExtractionProcess, NodeJS.Timeout>();
  readonly #waiting: Turn[] = [];
  #busy = 0;
  #closed = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  /** The ids of the processes there are. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Does a task with a process that nobody else uses meanwhile.
   *
   * @throws the signal's reason when it is aborted while waiting; Error when the pool is or gets closed; what the
   * task throws.
   */
  async use<T>(signal: AbortSignal, task: (process: ExtractionProcess) => Promise<T>): Promise<T> {
    await this.#enter(signal);
    let process: ExtractionProcess;
    try {
      process = this.#takeIdle() ?? this.#options.start();
    } catch (error) {
      this.#exit();
      throw error;
    }
    this.#processes.add(process);
    try {
      return await task(process);
    } finally {
      void this.#putBack(process);
    }
  }

  /** Ends all processes; tasks under way and waiting fail. Ends when the processes have. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#waiting.splice(0)) turn.refuse(closedError());
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    await Promise.all([...this.#processes].map((process) => this.#end(process, closedError())));
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#closed) throw closedError();
    if (this.#busy < this.#options.size) {
      this.#busy++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn: Turn = { take: resolve, refuse: reject };
    const abort = () => {
      const at = this.#waiting.indexOf(turn);
      if (at >= 0) this.#waiting.splice(at, 1);
      // Whose turn has come meanwhile keeps it: its task sees the signal.
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.push(turn);
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Hands the place to whoever waits longest. */
  #exit(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy--;
    else next.take();
  }

  #takeIdle(): ExtractionProcess | undefined {
    for (const [process, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.usable) return process;
      this.#processes.delete(process);
    }
    return undefined;
  }

  /** The place is free again only when a process that is not kept has ended: never are there more than `size`. */
  async #putBack(process: ExtractionProcess): Promise<void> {
    const keep = process.usable && !(await process.isBloated());
    if (!keep || this.#closed || !process.usable) {
      await this.#end(process);
    } else {
      const timer = setTimeout(() => {
        this.#idle.delete(process);
        void this.#end(process);
      }, this.#options.idleMs);
      this.#idle.set(process, timer.unref());
    }
    this.#exit();
  }

  async #end(process: ExtractionProcess, reason?: Error): Promise<void> {
    await process.kill(reason);
    this.#processes.delete(process);
  }
}

function closedError(): Error {
  return new Error("The text extractor is closed.");
}
