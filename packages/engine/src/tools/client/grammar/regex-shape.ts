import { complementOf, onlyChar } from "./char-set.ts";
import { codeOf, type Flags, foldCase, readClass, readEscape } from "./regex-chars.ts";
import { Inexpressible, RegexCursor } from "./regex-cursor.ts";
import { choiceOf, repeatOf, type Shape, sequenceOf } from "./shape.ts";

/** The shape of the texts that a regular expression matches as a whole. */
export interface RegexShape {
  shape: Shape;
  /** True where something is repeated as little as possible: which texts match does not change, where a match ends does. */
  lazy: boolean;
}

/**
 * Reads an expression in the syntax of RE2 that {@link BoundedRegex} has accepted. Undefined where it uses something that
 * no grammar can say (`\b`, anchors in the middle) or that is not worth it (classes of Unicode, quoting by `\Q`). With
 * `whole` the expression is all there is, and anchors at its ends say nothing; else there may be none. Every text of the
 * shape matches the expression; the other way round a few do not, such as those with letters beyond ASCII that `(?i)`
 * would add.
 */
export function toRegexShape(source: string, whole: boolean): RegexShape | undefined {
  try {
    return new RegexReader(source).read(whole);
  } catch (thrown) {
    if (thrown instanceof Inexpressible) return undefined;
    throw thrown;
  }
}

/** Groups inside of groups. */
const maxDepth = 100;

class RegexReader {
  readonly #cursor: RegexCursor;
  #depth = 0;
  #lazy = false;

  constructor(source: string) {
    this.#cursor = new RegexCursor(source);
  }

  read(whole: boolean): RegexShape {
    const shape = this.#readChoice({ anyCase: false, dotAll: false, multiline: false }, whole);
    if (this.#cursor.peek() !== undefined) throw new Inexpressible();
    return { shape, lazy: this.#lazy };
  }

  /** `top` where all of the text is up to this choice: then `^` and `$` at its ends say nothing. */
  #readChoice(flags: Flags, top: boolean): Shape {
    if (++this.#depth > maxDepth) throw new Inexpressible();
    // Flags that are set in a group hold to its end, over all further alternatives.
    const current = { ...flags };
    const options = [this.#readSequence(current, top)];
    while (this.#cursor.take("|")) options.push(this.#readSequence(current, top));
    this.#depth--;
    return choiceOf(options);
  }

  #readSequence(flags: Flags, top: boolean): Shape {
    const items: Shape[] = [];
    let ended = false;
    for (
      let char = this.#cursor.peek();
      char !== undefined && char !== "|" && char !== ")";
      char = this.#cursor.peek()
    ) {
      if (ended) throw new Inexpressible();
      if (char === "^") this.#passAnchor(flags, top && items.length === 0);
      else if (char === "$") {
        this.#passAnchor(flags, top);
        ended = true;
      } else {
        const item = this.#readItem(flags, top && items.length === 0);
        if (item !== undefined) items.push(item);
      }
    }
    return sequenceOf(items);
  }

  #passAnchor({ multiline }: Flags, idle: boolean): void {
    if (!idle || multiline) throw new Inexpressible();
    this.#cursor.next();
    if (/^[*+?{]$/.test(this.#cursor.peek() ?? "")) throw new Inexpressible();
  }

  /** One thing and how often it comes; undefined for a group that only sets flags. */
  #readItem(flags: Flags, first: boolean): Shape | undefined {
    const item = this.#readAtom(flags, first);
    if (item === undefined) return undefined;
    const counts = this.#readCounts();
    if (counts === undefined) return item;
    if (this.#cursor.take("?")) this.#lazy = true;
    return repeatOf(item, counts[0], counts[1]);
  }

  #readAtom(flags: Flags, first: boolean): Shape | undefined {
    const char = this.#cursor.next();
    switch (char) {
      case "(":
        return this.#readGroup(flags, first);
      case "[":
        return { kind: "chars", chars: readClass(this.#cursor, flags) };
      case ".":
        return { kind: "chars", chars: flags.dotAll ? complementOf([]) : complementOf(onlyChar(0x0a)) };
      case "\\":
        return { kind: "chars", chars: foldCase(readEscape(this.#cursor, flags), flags) };
      default:
        return { kind: "chars", chars: foldCase(onlyChar(codeOf(char)), flags) };
    }
  }

  #readGroup(flags: Flags, first: boolean): Shape | undefined {
    const inner = { ...flags };
    if (this.#cursor.take("?")) {
      if (this.#cursor.take("P<") || this.#cursor.take("<")) {
        while (this.#cursor.next() !== ">");
      } else if (this.#readFlags(inner) === ")") {
        Object.assign(flags, inner);
        return undefined;
      }
    }
    // An anchor inside of a group would have to be followed over its end and its repetitions.
    const shape = this.#readChoice(inner, first && this.#isWhole());
    if (!this.#cursor.take(")")) throw new Inexpressible();
    return shape;
  }

  /** Whether a group that begins here ends with the expression. */
  #isWhole(): boolean {
    let depth = 1;
    for (let at = 0; this.#cursor.peek(at) !== undefined; at++) {
      const char = this.#cursor.peek(at);
      if (char === "\\") at++;
      // A class may have brackets in it; whether it does is not worth finding out.
      else if (char === "[") return false;
      else if (char === "(") depth++;
      else if (char === ")" && --depth === 0) return this.#cursor.peek(at + 1) === undefined;
    }
    return false;
  }

  #readFlags(flags: Flags): string {
    let on = true;
    for (;;) {
      const char = this.#cursor.next();
      if (char === ":" || char === ")") return char;
      if (char === "-") on = false;
      else if (char === "i") flags.anyCase = on;
      else if (char === "s") flags.dotAll = on;
      else if (char === "m") flags.multiline = on;
      else throw new Inexpressible();
    }
  }

  /** How often the last item comes, where that is said. A brace that begins no count stands for itself. */
  #readCounts(): [number, number] | undefined {
    if (this.#cursor.take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#cursor.take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#cursor.take("?")) return [0, 1];
    const count = this.#cursor.match(/^\{(\d+)(,(\d*))?\}/);
    if (count === null) return undefined;
    const min = Number(count[1]);
    if (count[2] === undefined) return [min, min];
    return [min, count[3] === "" ? Number.POSITIVE_INFINITY : Number(count[3])];
  }
}
