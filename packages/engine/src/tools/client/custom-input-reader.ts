import { isJson } from "../../is-json.ts";
import { isClosing, withoutClosing } from "./closing-quote.ts";
import { JsonValueEnd } from "./json-value-end.ts";

/** What the usual arguments begin with, but for the white space that may stand before each part. */
const opening = ["{", '"input"', ":", '"'] as const;

/**
 * Reads the free text of a custom tool out of the arguments that a model writes, `{"input": "…"}`, while they come. Cuts
 * may be anywhere, within an escape or a surrogate pair. A model that writes its text as it is, or under another key, is
 * understood as well; what cannot be told early is held until {@link end}. However the text is cut, and whatever it is,
 * a character is looked at a fixed number of times.
 *
 * For valid JSON with `input` first, the pieces add up to exactly that string. Quotes and line breaks that the model
 * forgot to escape are taken for text where that can be told.
 */
export class CustomInputReader {
  #mode: "start" | "raw" | "held" | "string" | "tail" = "start";
  /** All arguments so far, where they may still be read in another way. */
  #text = "";
  /** Where these would end if they are JSON. */
  readonly #value = new JsonValueEnd();
  #isValue: boolean | undefined;
  /** How much of the opening has come: its parts, and the characters of the part after them. */
  #parts = 0;
  #chars = 0;
  /** An escape that has begun. */
  #escape = "";
  /** What follows the quote that may be the closing one, with that quote. */
  #tail = "";
  #after: "quote" | "brace" | "comma" = "quote";
  /** A surrogate that waits for its other half. */
  #half = "";

  /** Takes the next piece of the arguments. Gives what it makes certain of the text. */
  push(delta: string): string {
    if (this.#mode === "raw") return this.#whole(delta);
    this.#text += delta;
    this.#value.push(delta);
    if (this.#mode === "held") return "";
    if (this.#mode !== "start") return this.#whole(this.#read(delta));
    return this.#open(delta);
  }

  /**
   * What is still held, when no more follows. What is no more than a beginning of the usual arguments is all of a text that
   * was written as it is; but where a limit has cut the arguments off, it is only what would have stood around a text.
   */
  end({ cut = false } = {}): string {
    let rest = this.#half;
    this.#half = "";
    if (this.#mode === "start" && this.#parts + this.#chars > 0 && !cut) rest += this.#text;
    else if (this.#mode === "held") rest += fromWhole(this.#text);
    else if (this.#mode === "string") rest += this.#escape;
    else if (this.#mode === "tail" && !isJson(this.#text) && !isClosing(this.#tail)) {
      // Not the closing quote after all: one further on is, if any.
      this.#mode = "string";
      const inside = withoutClosing(this.#tail.slice(1));
      rest += `"${this.#read(inside, true)}${this.#escape}`;
    }
    this.#mode = "held";
    this.#text = "";
    return rest;
  }

  /** True once nothing more can follow. */
  get complete(): boolean {
    if ((this.#mode !== "tail" && this.#mode !== "held") || !this.#value.reached) return false;
    this.#isValue ??= isJson(this.#text);
    return this.#isValue;
  }

  /** Reads on in what the text begins with, and in what follows once that is certain. */
  #open(delta: string): string {
    for (let at = 0; at < delta.length; at++) {
      const char = delta.charAt(at);
      const part = opening[this.#parts] ?? "";
      if (this.#chars === 0 && isSpace(char)) continue;
      if (char !== part.charAt(this.#chars)) {
        this.#mode = this.#parts === 0 && char !== '"' ? "raw" : "held";
        return this.#mode === "raw" ? this.#whole(this.#text) : "";
      }
      this.#chars = (this.#chars + 1) % part.length;
      if (this.#chars === 0) this.#parts++;
      if (this.#parts === opening.length) {
        this.#mode = "string";
        return this.#whole(this.#read(delta.slice(at + 1)));
      }
    }
    return "";
  }

  #read(delta: string, quotesAreText = false): string {
    let out = "";
    for (let at = 0; at < delta.length; ) {
      const run = this.#runFrom(delta, at, quotesAreText);
      if (run !== "") {
        if (this.#mode === "tail") this.#tail += run;
        else out += run;
        at += run.length;
        continue;
      }
      const char = delta.charAt(at++);
      if (this.#mode === "tail") out += this.#readTail(char);
      else if (this.#escape !== "") out += this.#readEscape(char);
      else if (char === "\\") this.#escape = char;
      else {
        this.#mode = "tail";
        this.#tail = char;
        this.#after = "quote";
      }
    }
    return out;
  }

  /** Characters from a place on that change nothing: most come in such runs. */
  #runFrom(delta: string, at: number, quotesAreText: boolean): string {
    if (this.#mode === "tail") return this.#after === "comma" ? delta.slice(at) : match(spaces, delta, at);
    if (this.#escape !== "") return "";
    return match(quotesAreText ? noEscapes : plainText, delta, at);
  }

  #readTail(char: string): string {
    this.#tail += char;
    if (this.#after === "quote" && (char === "}" || char === ",")) {
      this.#after = char === "}" ? "brace" : "comma";
      return "";
    }
    // Something that cannot follow the closing quote: the model forgot to escape this one.
    const inside = this.#tail.slice(1);
    this.#mode = "string";
    return `"${this.#read(inside)}`;
  }

  #readEscape(char: string): string {
    const begun = this.#escape + char;
    if (this.#escape === "\\" && char !== "u") {
      this.#escape = "";
      return escapes.get(char) ?? begun;
    }
    if (begun === "\\u" || /^\\u[0-9a-fA-F]{1,3}$/.test(begun)) {
      this.#escape = begun;
      return "";
    }
    this.#escape = "";
    if (/^\\u[0-9a-fA-F]{4}$/.test(begun)) return String.fromCharCode(Number.parseInt(begun.slice(2), 16));
    // No escape after all: what ended it is read by itself.
    return begun.slice(0, -1) + this.#read(char);
  }

  /** Text without half a character at its end; that waits for the other half. */
  #whole(text: string): string {
    const all = this.#half + text;
    const last = all.charCodeAt(all.length - 1);
    const cut = last >= 0xd800 && last <= 0xdbff;
    this.#half = cut ? all.slice(-1) : "";
    return cut ? all.slice(0, -1) : all;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** The text of a whole call. */
export function readCustomInput(args: string): string {
  const reader = new CustomInputReader();
  return reader.push(args) + reader.end();
}

/** The text of arguments that are not in the usual form: a JSON string, another key, or the text itself. */
function fromWhole(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof value === "string") return value;
  const { input, ...others } = value as Record<string, unknown>;
  if (input !== undefined) return typeof input === "string" ? input : JSON.stringify(input);
  const [only, ...more] = Object.values(others);
  if (only === undefined) return "";
  return typeof only === "string" && more.length === 0 ? only : text;
}

const spaces = /\s+/y;
const plainText = /[^"\\]+/y;
const noEscapes = /[^\\]+/y;

/** What a sticky expression matches at a place; nothing where it does not. */
function match(shape: RegExp, text: string, at: number): string {
  shape.lastIndex = at;
  return shape.exec(text)?.[0] ?? "";
}

function isSpace(char: string): boolean {
  return char.trim() === "";
}
