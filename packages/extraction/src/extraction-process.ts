import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { ExtractionError, type ExtractionSource } from "@gateway/engine";
import type { ExtractionLimits } from "./extraction-limits.ts";
import { FileWork } from "./file-work.ts";
import type { ExtractMessage } from "./process-messages.ts";
import { findProcessProgram } from "./process-program.ts";
import { residentMemory } from "./resident-memory.ts";
import { sendContent } from "./send-content.ts";

const mebibyte = 2 ** 20;
const memoryCheckMs = 50;
/** A process that has not started by then never will. */
const maxStartMs = 60_000;
/** How much of what the process wrote before its end is kept, for the log. */
const maxStderrChars = 4000;

/** The process ended by itself while it had a file. */
export class ProcessCrashError extends Error {
  override readonly name = "ProcessCrashError";
  /** Whether it had started and was reading: then the file may be to blame. */
  readonly reading: boolean;

  constructor(message: string, reading: boolean) {
    super(message);
    this.reading = reading;
  }
}

/**
 * A process that reads files, one at a time, and the only one that sees what is in them. It has no environment, reads
 * only its own program, writes nothing and starts nothing (Node's permission model). Its memory is bounded twice: the
 * JavaScript heap by V8, and all of it by a look from outside every 50 ms.
 *
 * A file that fails for more than its content ends the process; then {@link usable} is false.
 */
export class ExtractionProcess {
  readonly #limits: ExtractionLimits;
  readonly #child: ChildProcess & { stdin: Writable };
  readonly #exited: Promise<unknown>;
  #work: FileWork | undefined;
  readonly #ready = Promise.withResolvers<void>();
  #reading = false;
  #usable = true;
  #stderr = "";

  constructor(limits: ExtractionLimits) {
    this.#limits = limits;
    this.#child = startChild(limits) as ChildProcess & { stdin: Writable };
    this.#exited = this.#watchEnd();
    this.#child.on("message", (message) => {
      if (this.#reading) this.#work?.take(message);
      this.#reading = true;
      this.#ready.resolve();
    });
    this.#child.on("error", () => {});
    // A write to a process that has gone fails; its end tells why. One that lives and reads no more is of no use.
    this.#child.stdin.on("error", () => void this.kill());
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrChars);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can take a file. */
  get usable(): boolean {
    return this.#usable && this.#work === undefined;
  }

  /**
   * Gets the text out of a file, and holds no more of it than one chunk at a time.
   *
   * @throws ExtractionError for a file that gives none or passes a limit; ProcessCrashError when the process ended by
   * itself; the signal's reason when it is aborted; anything else for the source's or the process's own failure.
   */
  async extract(source: ExtractionSource, signal: AbortSignal): Promise<string> {
    const work = new FileWork(this.#limits);
    this.#work = work;
    const abort = () => work.fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const watch = setInterval(() => void this.#checkMemory(work), memoryCheckMs);
    this.#holdOpen(true);
    // A failed work ends the sending; an answered one waits for it, so that the next file begins where this one ended.
    const [sent, answer] = await Promise.allSettled([this.#send(source, work), work.result]);
    clearInterval(watch);
    work.stopClock();
    signal.removeEventListener("abort", abort);
    this.#work = undefined;
    this.#holdOpen(false);
    if (sent.status === "rejected" || !work.answered) void this.kill();
    if (answer.status === "rejected") throw answer.reason;
    if (sent.status === "rejected") throw sent.reason;
    return answer.value;
  }

  /** Ends the process at once; a file that is under way fails with `reason`. Ends when the process has. */
  async kill(reason?: Error): Promise<void> {
    this.#usable = false;
    if (reason !== undefined) this.#work?.fail(reason);
    this.#holdOpen(true);
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Whether it takes so much memory while idle that the next file would have too little. */
  async isBloated(): Promise<boolean> {
    const resident = this.pid === undefined ? undefined : await residentMemory(this.pid);
    return resident !== undefined && resident > this.#limits.memoryBytes / 2;
  }

  async #send(source: ExtractionSource, work: FileWork): Promise<void> {
    const message: ExtractMessage = {
      filename: source.filename,
      bytes: source.bytes,
      maxTextChars: this.#limits.maxTextChars,
      maxUnpackedBytes: Math.floor(this.#limits.memoryBytes / 2),
    };
    try {
      await this.#whenReady(work);
      this.#child.send(message, () => {});
      await sendContent(source, this.#child.stdin, work.ended);
      work.startClock();
    } catch (error) {
      work.fail(error);
      throw error;
    }
  }

  /** The start is not the file's time. */
  async #whenReady(work: FileWork): Promise<void> {
    const late = () =>
      new ProcessCrashError("The process that reads files has not started in a minute.", false);
    const timer = setTimeout(() => work.fail(late()), maxStartMs);
    try {
      await Promise.race([this.#ready.promise, work.result]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #checkMemory(work: FileWork): Promise<void> {
    const resident = this.pid === undefined ? undefined : await residentMemory(this.pid);
    if (resident !== undefined && resident > this.#limits.memoryBytes) work.fail(tooMuchMemory(this.#limits));
  }

  /** Settles when the process has ended, whether or not it ever started. */
  async #watchEnd(): Promise<void> {
    let what: string;
    try {
      // Not "exit": what it wrote to standard error before its end is read by then.
      const [code, signal] = await once(this.#child, "close");
      what = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    } catch (cause) {
      what = `could not be started: ${(cause as Error).message}`;
    }
    this.#usable = false;
    const last = this.#stderr.trim() === "" ? "" : ` Its last words: ${this.#stderr.trim()}`;
    if (/heap out of memory/i.test(this.#stderr)) {
      this.#work?.fail(tooMuchMemory(this.#limits));
    } else {
      const when = this.#reading ? "" : " before it was ready";
      this.#work?.fail(
        new ProcessCrashError(`The process that reads files ${what}${when}.${last}`, this.#reading),
      );
    }
  }

  /** While it is idle the process does not keep this one alive. */
  #holdOpen(hold: boolean): void {
    const { stdin, stderr, channel } = this.#child;
    for (const handle of [this.#child, channel, stdin, stderr] as ({
      ref?(): void;
      unref?(): void;
    } | null)[]) {
      if (hold) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}

function startChild(limits: ExtractionLimits): ChildProcess {
  const { file, readable } = findProcessProgram();
  return fork(file, {
    // Node needs nothing of the environment, except on Windows.
    env: process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot },
    execArgv: [
      "--permission",
      ...readable.map((path) => `--allow-fs-read=${path}`),
      "--allow-worker",
      "--disallow-code-generation-from-strings",
      "--no-warnings",
      `--max-old-space-size=${Math.floor((limits.memoryBytes * 0.75) / mebibyte)}`,
    ],
    stdio: ["pipe", "ignore", "pipe", "ipc"],
  });
}

function tooMuchMemory({ memoryBytes }: ExtractionLimits): ExtractionError {
  const mebibytes = Math.floor(memoryBytes / mebibyte);
  return new ExtractionError(
    "invalid_file",
    `The file takes more than ${mebibytes} MiB of memory to read. Split it into smaller files.`,
  );
}
