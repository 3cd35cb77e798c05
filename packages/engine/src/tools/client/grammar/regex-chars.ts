import {
  type CharRange,
  type CharSet,
  complementOf,
  intersectionOf,
  isBeyondAscii,
  onlyChar,
  soleChar,
  toCharSet,
  withBothCases,
} from "./char-set.ts";
import { Inexpressible, type RegexCursor } from "./regex-cursor.ts";

/** Flags that are in force at a place of an expression. */
export interface Flags {
  anyCase: boolean;
  dotAll: boolean;
  multiline: boolean;
}

const digits: CharSet = [[0x30, 0x39]];
const words = toCharSet([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
const spaces = toCharSet([
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]);
const ascii: CharSet = [[0, 0x7f]];

const classes: ReadonlyMap<string, CharSet> = new Map([
  ["d", digits],
  ["D", complementOf(digits)],
  ["w", words],
  ["W", complementOf(words)],
  ["s", spaces],
  ["S", complementOf(spaces)],
]);

const controls: ReadonlyMap<string, number> = new Map([
  ["n", 0x0a],
  ["t", 0x09],
  ["r", 0x0d],
  ["f", 0x0c],
  ["v", 0x0b],
  ["a", 0x07],
]);

/** The characters of a class whose `[` has been passed. Throws {@link Inexpressible}. */
export function readClass(cursor: RegexCursor, flags: Flags): CharSet {
  const negated = cursor.take("^");
  const ranges: CharRange[] = [];
  for (let first = true; first || cursor.peek() !== "]"; first = false) {
    if (cursor.peek() === "[" && cursor.peek(1) === ":") throw new Inexpressible();
    const from = readClassChar(cursor, flags);
    const begin = soleChar(from);
    if (begin === undefined || !isRange(cursor)) {
      ranges.push(...from);
      continue;
    }
    cursor.next();
    const end = soleChar(readClassChar(cursor, flags));
    if (end === undefined) throw new Inexpressible();
    ranges.push([begin, end]);
  }
  cursor.next();
  const written = toCharSet(ranges);
  const chars = foldCase(written, flags);
  if (!negated) return chars;
  if (!flags.anyCase) return complementOf(chars);
  // Signs beyond ASCII that are equal to a letter but for their case would have to be left out, too.
  if (isBeyondAscii(written)) throw new Inexpressible();
  return intersectionOf(complementOf(chars), ascii);
}

/** Whether a `-` comes here that stands between two characters. */
function isRange(cursor: RegexCursor): boolean {
  const after = cursor.peek(1);
  return cursor.peek() === "-" && after !== undefined && after !== "]";
}

function readClassChar(cursor: RegexCursor, flags: Flags): CharSet {
  const char = cursor.next();
  return char === "\\" ? readEscape(cursor, flags) : onlyChar(codeOf(char));
}

/** The characters that an escape stands for whose backslash has been passed. Throws {@link Inexpressible}. */
export function readEscape(cursor: RegexCursor, { anyCase }: Flags): CharSet {
  const char = cursor.next();
  const named = classes.get(char);
  // Beyond ASCII there are signs that are equal to a letter but for their case.
  if (named !== undefined) return anyCase && char === "W" ? intersectionOf(named, ascii) : named;
  const control = controls.get(char);
  if (control !== undefined) return onlyChar(control);
  if (char === "x") {
    const hex = cursor.match(/^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/);
    if (hex === null) throw new Inexpressible();
    return onlyChar(Number.parseInt(hex[1] ?? hex[2] ?? "", 16));
  }
  if (/[0-9A-Za-z]/.test(char)) throw new Inexpressible();
  return onlyChar(codeOf(char));
}

/** The characters with those that are equal to them but for their case, where that does not matter. */
export function foldCase(chars: CharSet, { anyCase }: Flags): CharSet {
  return anyCase ? withBothCases(chars) : chars;
}

/** The code point of a character. */
export function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
