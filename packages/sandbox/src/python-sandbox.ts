import { type CodeSandbox, SandboxBusyError, type SandboxResult, type SandboxTask } from "@gateway/engine";
import { type ProcessLimits, PythonProcess } from "./python-process.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Settings of {@link openPythonSandbox}; what is left out has a default. */
export interface PythonSandboxOptions extends Partial<ProcessLimits> {
  /** Containers that have a process at the same time. Default: 4. */
  maxContainers?: number;
  /** Processes that are kept ready for new containers, beyond those. Default: 1. */
  prewarm?: number;
  /** Milliseconds after which the process of a container that runs nothing is ended. Default: 5 minutes. */
  idleMs?: number;
  /** Milliseconds that a run waits while all are busy. Default: 60,000. */
  waitMs?: number;
  /** Told of what goes wrong where nobody waits for it. */
  onFault?: (message: string, error: unknown) => void;
}

const mebibyte = 2 ** 20;

/**
 * Opens a sandbox for Python code: each container gets a process of its own, which is kept for its next run. Some are
 * kept ready, since a start takes seconds. Where there are as many as may be, the one that has run nothing for longest is
 * ended for a new one; where all are busy, a run waits.
 */
export function openPythonSandbox(options: PythonSandboxOptions = {}): PythonSandbox {
  return new PythonSandbox(options);
}

/** A container's process, while it has one. */
interface Hosted {
  process: PythonProcess;
  busy: boolean;
  idle: NodeJS.Timeout | undefined;
}

/** The sandbox of {@link openPythonSandbox}; tests also ask it for its processes. */
export class PythonSandbox implements CodeSandbox {
  readonly #limits: ProcessLimits;
  readonly #settings: Required<
    Pick<PythonSandboxOptions, "maxContainers" | "prewarm" | "idleMs" | "waitMs" | "onFault">
  >;
  /** Least recently used first. */
  readonly #hosted = new Map<string, Hosted>();
  #warm: PythonProcess[] = [];
  readonly #all = new Set<PythonProcess>();
  readonly #line: WaitingLine;
  #closed = false;

  constructor(options: PythonSandboxOptions) {
    const { timeoutMs = 30_000, memoryBytes = 512 * mebibyte, maxLogChars = 40_000 } = options;
    const { maxFiles = 50, maxFileBytes = 32 * mebibyte, maxContainers = 4, prewarm = 1 } = options;
    const { idleMs = 300_000, waitMs = 60_000, onFault = () => {} } = options;
    this.#limits = { timeoutMs, memoryBytes, maxLogChars, maxFiles, maxFileBytes };
    this.#settings = { maxContainers, prewarm, idleMs, waitMs, onFault };
    this.#line = new WaitingLine(waitMs, () => new SandboxBusyError(allBusy));
  }

  /** The ids of the processes there are. */
  get pids(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  /** Starts the processes that are kept ready. Resolves when they are. */
  async warmUp(): Promise<void> {
    this.#warm = this.#warm.filter(({ alive }) => alive);
    while (!this.#closed && this.#warm.length < this.#settings.prewarm) this.#warm.push(this.#start());
    await Promise.all(this.#warm.map((process) => process.whenReady()));
  }

  /** {@inheritDoc CodeSandbox.run} */
  async run(container: string, task: SandboxTask, signal: AbortSignal): Promise<SandboxResult> {
    const hosted = await this.#take(container, signal);
    const fresh = !hosted.process.used;
    try {
      const outcome = await hosted.process.run(task, signal);
      return { ...outcome, fresh, alive: hosted.process.alive };
    } finally {
      await this.#putBack(container, hosted);
    }
  }

  /** {@inheritDoc CodeSandbox.end} */
  async end(container: string): Promise<void> {
    const hosted = this.#hosted.get(container);
    if (hosted !== undefined) await this.#drop(container, hosted);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#line.close(new Error("The sandbox is closed."));
    for (const { idle } of this.#hosted.values()) clearTimeout(idle);
    this.#hosted.clear();
    await Promise.all([...this.#all].map((process) => process.kill()));
  }

  /** The container's process, to whoever comes first; others wait for their turn. */
  async #take(container: string, signal: AbortSignal): Promise<Hosted> {
    const since = performance.now();
    for (;;) {
      signal.throwIfAborted();
      if (this.#closed) throw new Error("The sandbox is closed.");
      const hosted = this.#hosted.get(container) ?? this.#host(container);
      if (hosted !== undefined && !hosted.busy) {
        hosted.busy = true;
        clearTimeout(hosted.idle);
        if (hosted.process.alive) return hosted;
        await this.#drop(container, hosted);
      } else await this.#line.wait(signal, since);
    }
  }

  /** Gives a container a process; undefined while there is no room. */
  #host(container: string): Hosted | undefined {
    if (this.#hosted.size >= this.#settings.maxContainers) {
      const oldest = [...this.#hosted].find(([, { busy }]) => !busy);
      if (oldest === undefined) return undefined;
      void this.#drop(...oldest);
    }
    let process = this.#warm.shift();
    while (process !== undefined && !process.alive) process = this.#warm.shift();
    const hosted: Hosted = { process: process ?? this.#start(), busy: false, idle: undefined };
    this.#hosted.set(container, hosted);
    this.warmUp().catch((thrown: unknown) =>
      this.#settings.onFault("a sandbox could not be started", thrown),
    );
    return hosted;
  }

  async #putBack(container: string, hosted: Hosted): Promise<void> {
    hosted.busy = false;
    if (this.#hosted.get(container) !== hosted || !hosted.process.alive) await this.#drop(container, hosted);
    else {
      // Last used, so last to be ended for another.
      this.#hosted.delete(container);
      this.#hosted.set(container, hosted);
      hosted.idle = setTimeout(() => void this.#drop(container, hosted), this.#settings.idleMs).unref();
    }
    this.#line.callAll();
  }

  async #drop(container: string, hosted: Hosted): Promise<void> {
    clearTimeout(hosted.idle);
    if (this.#hosted.get(container) === hosted) this.#hosted.delete(container);
    await hosted.process.kill();
    this.#line.callAll();
  }

  #start(): PythonProcess {
    const process = new PythonProcess(this.#limits);
    this.#all.add(process);
    void process.ended.then(() => this.#all.delete(process));
    return process;
  }
}

const allBusy =
  "The code was not run: all code interpreters of this server are busy. Try again later, or answer without running code.";
