const quote = 0x22;
const backslash = 0x5c;
const opening = codesOf("{[");
const closing = codesOf("}]");
const blanks = codesOf(" \t\r\n");

function codesOf(chars: string): ReadonlySet<number> {
  return new Set(Array.from(chars, (char) => char.charCodeAt(0)));
}

/**
 * Follows a JSON object, list or string to its end while its text comes, each character being looked at once. Text that is
 * no JSON is followed by its quotes and brackets all the same: whether it is JSON has to be asked of what has ended.
 */
export class JsonValueEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #state: "open" | "ended" | "passed" = "open";

  /** True where the value is over, and nothing but white space has come since. */
  get reached(): boolean {
    return this.#state === "ended";
  }

  /** Takes the next piece of the text, the first one from its beginning. */
  push(text: string): void {
    for (let at = 0; at < text.length && this.#state !== "passed"; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) this.#takeInString(code);
      else this.#take(code);
    }
  }

  #takeInString(code: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (code === backslash) this.#escaped = true;
    else if (code === quote) {
      this.#inString = false;
      this.#endAtTop();
    }
  }

  #take(code: number): void {
    if (this.#state === "ended") {
      if (!blanks.has(code)) this.#state = "passed";
    } else if (code === quote) this.#inString = true;
    else if (opening.has(code)) this.#depth++;
    else if (closing.has(code)) {
      this.#depth--;
      this.#endAtTop();
    }
  }

  #endAtTop(): void {
    if (this.#depth <= 0) this.#state = "ended";
  }
}
