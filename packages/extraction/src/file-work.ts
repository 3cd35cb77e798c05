import { ExtractionError } from "@gateway/engine";
import type { ExtractionLimits } from "./extraction-limits.ts";
import type { ProcessMessage } from "./process-messages.ts";

/** The most of a refusal that is handed on: its own words are shorter. */
const maxMessageChars = 1000;

/** One file in an extraction process: collects its text, and holds its time. Settles once, in whichever way is first. */
export class FileWork {
  readonly #limits: ExtractionLimits;
  readonly #settled = Promise.withResolvers<string>();
  readonly #ended = new AbortController();
  readonly #pieces: string[] = [];
  #chars = 0;
  #clock: NodeJS.Timeout | undefined;
  #answered = false;

  constructor(limits: ExtractionLimits) {
    this.#limits = limits;
  }

  get result(): Promise<string> {
    return this.#settled.promise;
  }

  /** Aborted when the work has failed: nothing more needs to be sent. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether the process itself said how it ended, and can take another file. */
  get answered(): boolean {
    return this.#answered;
  }

  /** From now on the file has its time, until {@link stopClock}. */
  startClock(): void {
    if (this.ended.aborted) return;
    this.#clock ??= setTimeout(() => {
      const seconds = this.#limits.timeoutMs / 1000;
      this.fail(new ExtractionError("invalid_file", `The file takes longer than ${seconds} s to read.`));
    }, this.#limits.timeoutMs);
  }

  stopClock(): void {
    clearTimeout(this.#clock);
  }

  /** Fails the work, unless it has settled, and ends what is still being done for it. */
  fail(error: unknown): void {
    this.#settled.reject(error);
    this.#ended.abort(error);
  }

  /** Takes a message of the process, which may by now say anything: it read a stranger's file. */
  take(message: unknown): void {
    const said = message as ProcessMessage | null;
    if (said?.type === "text" && typeof said.text === "string") {
      this.#chars += said.text.length;
      this.#pieces.push(said.text);
      if (this.#chars > this.#limits.maxTextChars) this.fail(strange(message));
    } else if (said?.type === "done") {
      this.#answer();
      this.#settled.resolve(this.#pieces.join(""));
    } else if (said?.type === "refused" && typeof said.message === "string") {
      const code = said.code === "unsupported_file" ? "unsupported_file" : "invalid_file";
      this.#answer();
      this.#settled.reject(new ExtractionError(code, said.message.slice(0, maxMessageChars)));
    } else this.fail(strange(message));
  }

  #answer(): void {
    this.#answered = true;
    // Should the process have answered before it was sent everything, the sending has no more time than the reading.
    this.startClock();
  }
}

function strange(message: unknown): Error {
  const type = String((message as { type?: unknown } | null)?.type).slice(0, 50);
  return new Error(`The process that reads files said something out of turn: ${type}.`);
}
