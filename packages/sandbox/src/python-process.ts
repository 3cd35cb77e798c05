import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ConfinedProcess, findProgram } from "@gateway/confined";
import type { SandboxTask } from "@gateway/engine";
import { encodeFrame } from "./child/frames.ts";
import type { RunLimits, ToSandbox } from "./child/messages.ts";
import { FrameReader } from "./frame-reader.ts";
import { PythonRun, type RunOutcome } from "./python-run.ts";
import { isSafePath } from "./safe-path.ts";

/** Limits of one process. */
export interface ProcessLimits extends RunLimits {
  /** All memory it may have resident. */
  memoryBytes: number;
}

const require = createRequire(import.meta.url);
const mebibyte = 2 ** 20;
/** A process that has not started by then never will. */
const maxStartMs = 120_000;
/** From the end of its time to where a run is ended from outside; in between it can end in order, and keep its state. */
const graceMs = 5_000;
/** What Node and Pyodide take beside Python's own memory. */
const baseBytes = 160 * mebibyte;
const heapBytes = 256 * mebibyte;
const maxHeadBytes = mebibyte;

/**
 * A process with one Python interpreter in it, and the only place where strangers' code is run. It has no environment,
 * reads only Pyodide and its own program, writes nothing, starts nothing and has no network. Its memory is bounded twice:
 * Python's own inside, and all of it by a look from outside every 50 ms.
 */
export class PythonProcess {
  readonly #limits: ProcessLimits;
  readonly #process: ConfinedProcess;
  readonly #reader: FrameReader;
  readonly #ready = Promise.withResolvers<void>();
  /** Hashes of the files in its working directory, by path. */
  readonly #files = new Map<string, string>();
  #run: PythonRun | undefined;
  /** When the time of the run is over. */
  #runEndsAt = Number.POSITIVE_INFINITY;
  #alive = true;
  #used = false;

  constructor(limits: ProcessLimits) {
    this.#limits = limits;
    this.#process = start(limits);
    this.#reader = new FrameReader(maxHeadBytes, limits.maxFileBytes, (frame) => {
      if (this.#run !== undefined) this.#run.take(frame);
      else if ((frame.head as { type?: unknown } | null)?.type === "ready") this.#ready.resolve();
      else throw new Error("The process that runs code spoke without being asked.");
    });
    this.#process.stdout?.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.#ready.promise.catch(() => {});
    const late = setTimeout(() => void this.kill(), maxStartMs).unref();
    void this.#ready.promise.finally(() => clearTimeout(late)).catch(() => {});
    void this.#watchEnd();
    this.#process.holdOpen(false);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<unknown> {
    return this.#process.ended;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** True once it has run code. */
  get used(): boolean {
    return this.#used;
  }

  /** Resolves when it can run code; rejects where it never will. */
  async whenReady(): Promise<void> {
    this.#process.holdOpen(true);
    try {
      await this.#ready.promise;
    } finally {
      if (this.#run === undefined) this.#process.holdOpen(false);
    }
  }

  /**
   * Puts the files in place and runs the code. Rejects with the signal's reason when it is aborted, and with what a file's
   * source throws; the process is ended then.
   */
  async run(task: SandboxTask, signal: AbortSignal): Promise<RunOutcome> {
    const run = new PythonRun(this.#limits);
    const abort = () => run.fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    let stopClock = () => {};
    const stopWatching = this.#process.watchMemory(this.#limits.memoryBytes, () => run.end("out_of_memory"));
    try {
      await Promise.race([this.whenReady(), run.result]);
      this.#process.holdOpen(true);
      this.#run = run;
      if (!this.#alive) run.end("crashed");
      await Promise.race([this.#sendFiles(task), run.result]);
      const { timeoutMs, maxLogChars, maxFiles, maxFileBytes } = this.#limits;
      this.#used = true;
      const timer = setTimeout(() => run.end("timed_out"), timeoutMs + graceMs);
      stopClock = () => clearTimeout(timer);
      this.#runEndsAt = performance.now() + timeoutMs;
      void this.#send({ type: "run", code: task.code, timeoutMs, maxLogChars, maxFiles, maxFileBytes });
      const outcome = await run.result;
      this.#learn(outcome, run.unplaced);
      return outcome;
    } catch (thrown) {
      await this.kill();
      throw thrown;
    } finally {
      stopClock();
      stopWatching();
      signal.removeEventListener("abort", abort);
      this.#run = undefined;
      this.#runEndsAt = Number.POSITIVE_INFINITY;
      // One that has not said itself that it is done cannot take another.
      if (!run.answered) await this.kill();
      if (this.#alive) this.#process.holdOpen(false);
    }
  }

  /** Ends it at once; a run that is under way ends as crashed. Ends when it has. */
  async kill(): Promise<void> {
    this.#alive = false;
    await this.#process.kill();
  }

  #hear(chunk: Buffer): void {
    try {
      this.#reader.take(chunk);
    } catch (thrown) {
      // Whatever took it over has nothing more to say.
      this.#process.stdout?.removeAllListeners("data").resume();
      this.#run?.end("crashed");
      this.#ready.reject(thrown);
      void this.kill();
    }
  }

  async #sendFiles({ files }: SandboxTask): Promise<void> {
    const wanted = new Set(files.map(({ path }) => path));
    for (const path of this.#files.keys()) {
      if (wanted.has(path)) continue;
      this.#files.delete(path);
      await this.#send({ type: "remove", path });
    }
    for (const { path, hash, read } of files) {
      if (!isSafePath(path) || this.#files.get(path) === hash) continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of await read()) chunks.push(chunk);
      const content = Buffer.concat(chunks);
      await this.#send({ type: "write", path }, content);
      this.#files.set(path, hash);
    }
  }

  /** Resolves when the process has taken it, or is gone. */
  #send(message: ToSandbox, body?: Uint8Array): Promise<void> {
    const parts = encodeFrame(message, body).filter(({ length }) => length > 0);
    return new Promise((resolve) => {
      for (const [index, part] of parts.entries())
        this.#process.stdin.write(part, () => index === parts.length - 1 && resolve());
    });
  }

  /** What the run has left in the working directory need not be sent. */
  #learn({ changed, removed }: RunOutcome, unplaced: readonly string[]): void {
    for (const path of unplaced) this.#files.delete(path);
    for (const { path, content } of changed)
      this.#files.set(path, createHash("sha256").update(content).digest("hex"));
    for (const path of removed) this.#files.delete(path);
  }

  async #watchEnd(): Promise<void> {
    const what = await this.#process.ended;
    this.#alive = false;
    const last = this.#process.lastWords === "" ? "" : ` Its last words: ${this.#process.lastWords}`;
    this.#ready.reject(new Error(`The process that runs code ${what} before it was ready.${last}`));
    // What ends it after its time is that it was interrupted.
    const end = performance.now() > this.#runEndsAt ? "timed_out" : "crashed";
    this.#run?.end(this.#process.heapWasFull ? "out_of_memory" : end);
  }
}

function start({ memoryBytes }: ProcessLimits): ConfinedProcess {
  const program = findProgram("sandbox-process", "./child/sandbox-process.ts", import.meta.url);
  const { file, directory, bundled } = program;
  const pyodide = dirname(realpathSync(require.resolve("pyodide/pyodide.mjs")));
  // Not all of the bundle's directory: who knows what else is kept there.
  const own = bundled
    ? [file, join(directory, "chunks", "*"), join(directory, "package.json")]
    : [join(directory, "*"), join(directory, "..", "..", "package.json")];
  return new ConfinedProcess({
    file,
    args: [pyodide, String(Math.max(memoryBytes - baseBytes, 64 * mebibyte))],
    readable: [...own, join(pyodide, "*")],
    heapBytes: Math.min(heapBytes, memoryBytes / 2),
    answers: "bytes",
  });
}
