import type { SandboxEnd, SandboxResult } from "@gateway/engine";
import type { Frame } from "./child/frames.ts";
import type { RunLimits } from "./child/messages.ts";
import { isSafePath } from "./safe-path.ts";

/** What a run has brought, beside what the process itself is asked for. */
export type RunOutcome = Omit<SandboxResult, "fresh" | "alive">;

/** Messages of one kind that are told at most; the process itself says fewer. */
const maxEntries = 20_000;

type WhyLost = SandboxResult["lost"][number]["why"];

/** What the process may give for a reason. */
const reasons: ReadonlyMap<unknown, WhyLost> = new Map(
  (["too_large", "too_many", "unreadable", "in_the_way"] as const).map((why) => [why, why]),
);

/** One run in a process: collects what it says. By now the process may say anything, so everything is bounded and checked. */
export class PythonRun {
  readonly #limits: RunLimits;
  readonly #settled = Promise.withResolvers<RunOutcome>();
  readonly #outcome: RunOutcome = { end: "completed", logs: "", changed: [], removed: [], lost: [] };
  #fileBytes = 0;
  #answered = false;
  #entries = 0;
  readonly #unplaced: string[] = [];

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** Resolves when the run is over, in whichever way; rejects for a fault that is not the code's. */
  get result(): Promise<RunOutcome> {
    return this.#settled.promise;
  }

  /** Whether the process itself has said that the run is over. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Paths of files that were sent and are not in place. */
  get unplaced(): readonly string[] {
    return this.#unplaced;
  }

  /** Ends the run with what it has brought so far. */
  end(end: SandboxEnd): void {
    this.#settled.resolve({ ...this.#outcome, end });
  }

  fail(error: unknown): void {
    this.#settled.reject(error);
  }

  /** Takes what the process says. Throws an Error for what it cannot mean. */
  take({ head, body }: Frame): void {
    if (typeof head !== "object" || head === null) throw outOfTurn(head);
    const { type, text, path, why, end } = head as Record<string, unknown>;
    if (++this.#entries > maxEntries) throw outOfTurn("too many messages");
    switch (type) {
      case "log":
        if (typeof text !== "string") throw outOfTurn(type);
        this.#log(text);
        return;
      case "file":
        if (!isSafePath(path)) {
          this.#lose(path, "bad_name");
          return;
        }
        this.#fileBytes += body.length;
        if (this.#outcome.changed.length >= this.#limits.maxFiles) throw outOfTurn("too many files");
        if (this.#fileBytes > this.#limits.maxFileBytes) throw outOfTurn("too large files");
        this.#outcome.changed.push({ path, content: body });
        return;
      case "removed":
        if (isSafePath(path)) this.#outcome.removed.push(path);
        return;
      case "lost":
        this.#lose(path, reasons.get(why) ?? "unreadable");
        if (why === "in_the_way" && typeof path === "string") this.#unplaced.push(path);
        return;
      case "done":
        if (end !== "completed" && end !== "failed" && end !== "timed_out") throw outOfTurn(end);
        this.#answered = true;
        this.end(end);
        return;
      default:
        throw outOfTurn(type);
    }
  }

  #log(text: string): void {
    // A little more than what it was told, for the note of what was left out.
    const room = this.#limits.maxLogChars + 200 - this.#outcome.logs.length;
    this.#outcome.logs += text.toWellFormed().slice(0, Math.max(room, 0));
  }

  #lose(path: unknown, why: WhyLost): void {
    const { lost } = this.#outcome;
    if (typeof path === "string" && lost.length < 20)
      lost.push({ path: path.slice(0, 200).toWellFormed(), why });
  }
}

function outOfTurn(what: unknown): Error {
  return new Error(`The process that runs code said something out of turn: ${String(what).slice(0, 50)}.`);
}
