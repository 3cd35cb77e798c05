import { join } from "node:path";
import { ConfinedProcess, findProgram, packagesAbove } from "@gateway/confined";
import { ExtractionError, type ExtractionSource } from "@gateway/engine";
import type { ExtractionLimits } from "./extraction-limits.ts";
import { FileWork } from "./file-work.ts";
import type { ExtractMessage } from "./process-messages.ts";
import { sendContent } from "./send-content.ts";

const mebibyte = 2 ** 20;
/** A process that has not started by then never will. */
const maxStartMs = 60_000;

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
  readonly #process: ConfinedProcess;
  readonly #exited: Promise<void>;
  #work: FileWork | undefined;
  readonly #ready = Promise.withResolvers<void>();
  #reading = false;
  #usable = true;

  constructor(limits: ExtractionLimits) {
    this.#limits = limits;
    this.#process = startProcess(limits);
    this.#exited = this.#watchEnd();
    this.#process.child.on("message", (message) => {
      if (this.#reading) this.#work?.take(message);
      this.#reading = true;
      this.#ready.resolve();
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
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
    const { memoryBytes } = this.#limits;
    const stopWatching = this.#process.watchMemory(memoryBytes, () => work.fail(tooMuchMemory(this.#limits)));
    this.#process.holdOpen(true);
    // A failed work ends the sending; an answered one waits for it, so that the next file begins where this one ended.
    const [sent, answer] = await Promise.allSettled([this.#send(source, work), work.result]);
    stopWatching();
    work.stopClock();
    signal.removeEventListener("abort", abort);
    this.#work = undefined;
    this.#process.holdOpen(false);
    if (sent.status === "rejected" || !work.answered) void this.kill();
    if (answer.status === "rejected") throw answer.reason;
    if (sent.status === "rejected") throw sent.reason;
    return answer.value;
  }

  /** Ends the process at once; a file that is under way fails with `reason`. Ends when the process has. */
  async kill(reason?: Error): Promise<void> {
    this.#usable = false;
    if (reason !== undefined) this.#work?.fail(reason);
    await this.#process.kill();
    await this.#exited;
  }

  /** Whether it takes so much memory while idle that the next file would have too little. */
  async isBloated(): Promise<boolean> {
    const resident = await this.#process.memory();
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
      this.#process.child.send(message, () => {});
      await sendContent(source, this.#process.stdin, work.ended);
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

  async #watchEnd(): Promise<void> {
    const what = await this.#process.ended;
    const { lastWords, heapWasFull } = this.#process;
    this.#usable = false;
    if (heapWasFull) {
      this.#work?.fail(tooMuchMemory(this.#limits));
    } else {
      const last = lastWords === "" ? "" : ` Its last words: ${lastWords}`;
      const when = this.#reading ? "" : " before it was ready";
      this.#work?.fail(
        new ProcessCrashError(`The process that reads files ${what}${when}.${last}`, this.#reading),
      );
    }
  }
}

function startProcess({ memoryBytes }: ExtractionLimits): ConfinedProcess {
  const { file, directory, bundled } = findProgram(
    "extract-process",
    "./extract-process.ts",
    import.meta.url,
  );
  // The bundle reads only its own directory; the source reads itself and the packages that are installed for it.
  const readable = bundled
    ? [join(directory, "*")]
    : [
        join(directory, "*"),
        join(directory, "..", "package.json"),
        ...packagesAbove(directory).map((packages) => join(packages, "*")),
      ];
  return new ConfinedProcess({
    file,
    readable,
    heapBytes: memoryBytes * 0.75,
    threads: true,
    answers: "messages",
  });
}

function tooMuchMemory({ memoryBytes }: ExtractionLimits): ExtractionError {
  const mebibytes = Math.floor(memoryBytes / mebibyte);
  return new ExtractionError(
    "invalid_file",
    `The file takes more than ${mebibytes} MiB of memory to read. Split it into smaller files.`,
  );
}
