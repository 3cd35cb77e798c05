/** Something in an expression that no grammar can say, or that is not worth it. */
export class Inexpressible extends Error {}

/** A place in an expression that is read character by character. */
export class RegexCursor {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
  }

  /** The character here, or so many further on; undefined beyond the end. */
  peek(further = 0): string | undefined {
    return this.#chars[this.#at + further];
  }

  /** The character here, which is passed. Throws {@link Inexpressible} at the end. */
  next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Inexpressible();
    return char;
  }

  /** Passes a text, where it is here. */
  take(text: string): boolean {
    if (this.#chars.slice(this.#at, this.#at + text.length).join("") !== text) return false;
    this.#at += text.length;
    return true;
  }

  /** Passes what matches from here on (of ASCII, and at the most 16 characters), where anything does. */
  match(shape: RegExp): RegExpExecArray | null {
    const found = shape.exec(this.#chars.slice(this.#at, this.#at + 16).join(""));
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}
