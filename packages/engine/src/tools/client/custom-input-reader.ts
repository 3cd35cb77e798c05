/** What `{"input": "` may have begun as. */
const wrapperBegun = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/;
const wrapper = /^\s*\{\s*"input"\s*:\s*"/;

/**
 * Reads the free text of a custom tool out of the arguments that a model writes, `{"input": "…"}`, while they come. Cuts
 * may be anywhere, within an escape or a surrogate pair. A model that writes its text as it is, or under another key, is
 * understood as well; what cannot be told early is held until {@link end}.
 *
 * For valid JSON with `input` first, the pieces add up to exactly that string. Quotes and line breaks that the model
 * forgot to escape are taken for text where that can be told.
 */
export class CustomInputReader {
  #mode: "start" | "raw" | "held" | "string" | "tail" = "start";
  /** All arguments so far, where they may still be read in another way. */
  #text = "";
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
    if (this.#mode === "held") return "";
    if (this.#mode !== "start") return this.#whole(this.#read(delta));
    const opened = wrapper.exec(this.#text);
    if (opened) {
      this.#mode = "string";
      return this.#whole(this.#read(this.#text.slice(opened[0].length)));
    }
    if (wrapperBegun.test(this.#text)) return "";
    this.#mode = /^\s*[{"]/.test(this.#text) ? "held" : "raw";
    return this.#mode === "raw" ? this.#whole(this.#text) : "";
  }

  /** What is still held, when no more follows. */
  end(): string {
    let rest = this.#half;
    this.#half = "";
    if (this.#mode === "held") rest += fromWhole(this.#text);
    else if (this.#mode === "string") rest += this.#escape;
    else if (this.#mode === "tail" && !isJson(this.#text) && !isClosing(this.#tail)) {
      // Not the closing quote after all: one further on is, if any.
      this.#mode = "string";
      const inside = this.#tail.slice(1).replace(/"\s*\}?\s*$/, "");
      rest += `"${this.#read(inside, true)}${this.#escape}`;
    }
    this.#mode = "held";
    this.#text = "";
    return rest;
  }

  /** True once nothing more can follow. */
  get complete(): boolean {
    return this.#mode === "tail" || this.#mode === "held" ? isJson(this.#text) : false;
  }

  #read(delta: string, quotesAreText = false): string {
    let out = "";
    for (let at = 0; at < delta.length; at++) {
      const char = delta.charAt(at);
      if (this.#mode === "tail") out += this.#readTail(char);
      else if (this.#escape !== "") out += this.#readEscape(char);
      else if (char === "\\") this.#escape = char;
      else if (char === '"' && !quotesAreText) {
        this.#mode = "tail";
        this.#tail = char;
        this.#after = "quote";
      } else out += char;
    }
    return out;
  }

  #readTail(char: string): string {
    this.#tail += char;
    if (this.#after === "comma" || /\s/.test(char)) return "";
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
    if (begun === "\\u" || /^\\u[0-9a-fA-F]{1,3}$/.test(begun)) {
      this.#escape = begun;
      return "";
    }
    this.#escape = "";
    if (begun.startsWith("\\u")) {
      if (begun.length === 6) return String.fromCharCode(Number.parseInt(begun.slice(2), 16));
      // No escape after all: what ended it is read by itself.
      return begun.slice(0, -1) + this.#read(char);
    }
    return escapes.get(char) ?? begun;
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

function isClosing(tail: string): boolean {
  return /^"\s*\}?\s*$/.test(tail);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
