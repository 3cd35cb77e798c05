import { RE2JS } from "re2js";
import { GrammarFault } from "./grammar-fault.ts";

/** Instructions times characters of one match: three tenths of a second at the very worst, mostly a hundredth of that. */
const maxWork = 5_000_000;
/** Characters of an expression, and instructions that it may come to: reading one takes time too. */
const maxSource = 10_000;
const maxSize = 20_000;

/**
 * A regular expression of a caller's, in the syntax of RE2: no look-around, no back references, and so time that grows
 * with the length of the text and the expression and with nothing else.
 */
export class BoundedRegex {
  readonly #regex: RE2JS;
  readonly #size: number;

  /** Throws a {@link GrammarFault} for what is no such expression. With `lazy` the first match counts, not the longest. */
  constructor(source: string, lazy = false) {
    if (source.length > maxSource) throw new GrammarFault("a regular expression is too long");
    try {
      this.#regex = RE2JS.compile(source, lazy ? 0 : RE2JS.LONGEST_MATCH);
    } catch (thrown) {
      throw new GrammarFault((thrown as Error).message.replace(/^error parsing regexp: /, ""), {
        cause: thrown,
      });
    }
    this.#size = this.#regex.programSize();
    if (this.#size > maxSize) throw new GrammarFault("a regular expression is too large");
  }

  /** How much it costs to match a character, in instructions. */
  get size(): number {
    return this.#size;
  }

  /** False for a text that is too long to be matched in good time. */
  canMatch(text: string): boolean {
    return text.length * this.#size <= maxWork;
  }

  /** True where all of the text matches. */
  matches(text: string): boolean {
    return this.#regex.matches(text);
  }

  /** The end of the match that begins at a place, -1 where none does. */
  matchAt(text: string, at: number): number {
    const matcher = this.#regex.matcher(text.slice(at));
    return matcher.lookingAt() ? at + matcher.end() : -1;
  }
}
