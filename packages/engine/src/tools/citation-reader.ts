import type { Logprob } from "@gateway/protocol";
import type { ModelDelta } from "../model-delta.ts";
import { isPlainMark, readMark } from "./citation-marks.ts";
import type { Sources } from "./sources.ts";

/** A bracket that is not closed within this many characters is text. */
const longestMark = 80;

/**
 * Takes the marks of cited passages out of a model's text and puts annotations in their place, while it streams: for a
 * file a `file_citation`, for a page of the web a link to it and a `url_citation` that covers the link, which is the form
 * of the hosted API. Without `links` nothing is written in a mark's place. A mark may be cut anywhere: what may become one
 * is held back until it is known. A mark that names nothing is left out where it has exactly the form that models are asked
 * for: what it named is gone, or never was. In any other form it stays text, and where the model was shown no search, all do.
 */
export class CitationReader {
  readonly #sources: Sources;
  /** Text that may be a mark or the space before one. */
  #held = "";
  #logprobs: Logprob[] = [];
  readonly #links: boolean;
  /** The last character that was passed on. */
  #last = "";

  constructor(sources: Sources, links = true) {
    this.#sources = sources;
    this.#links = links;
  }

  /** The deltas with annotations for marks. Everything but text is passed on, behind the text that was before it. */
  pass(deltas: readonly ModelDelta[]): ModelDelta[] {
    if (!this.#sources.searched) return deltas as ModelDelta[];
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
    const text = this.#held + delta;
    /** Up to here the text was passed on; from here to `at` it is plain. */
    let from = 0;
    let at = 0;
    for (;;) {
      const open = text.indexOf("【", at);
      if (open < 0) {
        this.#hold(text, from, text.length, passed);
        return;
      }
      const inside = text.slice(open + 1, open + longestMark);
      const length = inside.indexOf("】");
      if (length < 0 && text.length - open < longestMark) {
        this.#hold(text, from, open, passed);
        return;
      }
      const numbers = length < 0 ? undefined : this.#numbersIn(inside.slice(0, length));
      at = open + 1;
      if (numbers === undefined) continue;
      this.#pushText(text.slice(from, open).replace(/ $/, ""), passed);
      for (const number of numbers) this.#pushCitation(number, passed);
      from = at = open + length + 2;
    }
  }

  /** Passes on the text between, and holds back what begins at `end`, with the space before it, which belongs to a mark. */
  #hold(text: string, from: number, end: number, passed: ModelDelta[]): void {
    const keep = end > from && text[end - 1] === " " ? end - 1 : end;
    this.#pushText(text.slice(from, keep), passed);
    this.#held = text.slice(keep);
  }

  /**
   * The numbers of a mark that all name a source; none where it is to be left out, undefined where it is text. `4:0` means
   * the first, as the hosted API writes it.
   */
  #numbersIn(text: string): number[] | undefined {
    const found = readMark(text);
    if (found === undefined) return undefined;
    const numbers = found.split(/[,;]/).map((part) => Number(part.split(":", 1)[0]));
    if (numbers.every((number) => this.#sources.get(number) !== undefined)) return [...new Set(numbers)];
    return isPlainMark(text) ? [] : undefined;
  }

  #pushText(text: string, passed: ModelDelta[]): void {
    if (text === "") return;
    this.#last = text.slice(-1);
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    passed.push(logprobs.length > 0 ? { kind: "text", text, logprobs } : { kind: "text", text });
  }

  #pushCitation(number: number, passed: ModelDelta[]): void {
    const source = this.#sources.get(number);
    if (source === undefined) return;
    if ("fileId" in source) {
      const { fileId, filename } = source;
      const annotation = { type: "file_citation", file_id: fileId, filename };
      passed.push({ kind: "annotation", annotation });
      return;
    }
    const { url, title } = source;
    const link = this.#links ? toLink(url) : "";
    // The space before the mark was taken with it.
    if (link !== "") this.#pushText(/\S/.test(this.#last) ? ` ${link}` : link, passed);
    passed.push({
      kind: "annotation",
      annotation: { type: "url_citation", url, title },
      covers: [...link].length,
    });
  }
}

const unsafeInLinks: Readonly<Record<string, string>> = { "(": "%28", ")": "%29", "\\": "%5C", '"': "%22" };

/** A link in Markdown, in parentheses, whose text is the page's host. It fits into a JSON string, too. */
function toLink(url: string): string {
  const host = URL.parse(url)?.hostname.replace(/^www\./, "") ?? url;
  return `([${host}](${url.replace(/[()\\"]/g, (sign) => unsafeInLinks[sign] ?? sign)}))`;
}
