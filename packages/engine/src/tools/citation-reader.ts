import type { Logprob } from "@gateway/protocol";
import type { ModelDelta } from "../model-delta.ts";
import type { Sources } from "./sources.ts";

/** What stands between the brackets: a number, or several; some models add a dagger and a name behind it. */
const mark = /^\s*(\d{1,5}(?:\s*[,;:]\s*\d{1,5})*)\s*(?:†[^】]*)?$/;
/** A bracket that is not closed within this many characters is text. */
const longestMark = 80;

/**
 * Takes the marks of cited passages out of a model's text and puts annotations in their place (`file_citation`), while
 * it streams. A mark may be cut anywhere: what may become one is held back until it is known. Marks of unknown
 * numbers stay text.
 */
export class CitationReader {
  readonly #sources: Sources;
  /** Text that may be a mark or the space before one. */
  #held = "";
  #logprobs: Logprob[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The deltas with annotations for marks. Everything but text is passed on, behind the text that was before it. */
  pass(deltas: readonly ModelDelta[]): ModelDelta[] {
    if (this.#sources.empty) return deltas as ModelDelta[];
    const passed: ModelDelta[] = [];
    for (const delta of deltas) {
      if (delta.kind === "text") this.#read(delta.text, delta.logprobs, passed);
      else if (delta.kind === "usage") passed.push(delta);
      else passed.push(...this.end(), delta);
    }
    return passed;
  }

  /** What is still held back, when no more text follows. */
  end(): ModelDelta[] {
    const passed: ModelDelta[] = [];
    this.#pushText(this.#held, passed);
    this.#held = "";
    return passed;
  }

  #read(delta: string, logprobs: Logprob[] | undefined, passed: ModelDelta[]): void {
    if (logprobs !== undefined) this.#logprobs.push(...logprobs);
    let rest = this.#held + delta;
    this.#held = "";
    for (;;) {
      const open = rest.indexOf("【");
      if (open < 0) {
        // A space belongs to the mark behind it.
        const keep = rest.endsWith(" ") ? rest.length - 1 : rest.length;
        this.#pushText(rest.slice(0, keep), passed);
        this.#held = rest.slice(keep);
        return;
      }
      const close = rest.indexOf("】", open);
      if (close < 0 && rest.length - open <= longestMark) {
        const from = open > 0 && rest[open - 1] === " " ? open - 1 : open;
        this.#pushText(rest.slice(0, from), passed);
        this.#held = rest.slice(from);
        return;
      }
      const marks = close >= 0 && close - open <= longestMark;
      const numbers = !marks ? [] : this.#numbersIn(rest.slice(open + 1, close));
      if (numbers.length === 0) {
        this.#pushText(rest.slice(0, open + 1), passed);
        rest = rest.slice(open + 1);
        continue;
      }
      this.#pushText(rest.slice(0, open).replace(/ $/, ""), passed);
      for (const number of numbers) this.#pushCitation(number, passed);
      rest = rest.slice(close + 1);
    }
  }

  /** The numbers of a mark that all name a source; none where it is no mark. `4:0` means the first, as the hosted API writes it. */
  #numbersIn(text: string): number[] {
    const found = mark.exec(text)?.[1];
    if (found === undefined) return [];
    const numbers = found.split(/[,;]/).map((part) => Number(part.split(":", 1)[0]));
    return numbers.every((number) => this.#sources.get(number) !== undefined) ? [...new Set(numbers)] : [];
  }

  #pushText(text: string, passed: ModelDelta[]): void {
    if (text === "") return;
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    passed.push(logprobs.length > 0 ? { kind: "text", text, logprobs } : { kind: "text", text });
  }

  #pushCitation(number: number, passed: ModelDelta[]): void {
    const source = this.#sources.get(number);
    if (source === undefined) return;
    const { fileId, filename } = source;
    passed.push({
      kind: "annotation",
      annotation: { type: "file_citation", file_id: fileId, filename },
    });
  }
}
