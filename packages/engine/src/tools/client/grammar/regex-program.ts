import type { RE2JS } from "re2js";

/** What an instruction does. */
export const op = { fail: 0, fork: 1, pass: 2, assert: 3, match: 4, char: 5 } as const;

/** A compiled expression: instructions by their number, as arrays. */
export interface RegexProgram {
  readonly start: number;
  /** Of {@link op}. */
  readonly ops: Uint8Array;
  /** The instruction that follows. */
  readonly outs: Int32Array;
  /** For a fork, the other one that follows; for an assertion, the flags that it wants, as {@link contextAt} gives them. */
  readonly args: Int32Array;
  /** Whether an instruction reads a character, by its code point. */
  reads(instruction: number, code: number): boolean;
}

/** What there is of an instruction of the library. */
interface Instruction {
  op: number;
  out: number;
  arg: number;
  matchRune(code: number): boolean;
}

/** The library's numbers for what its instructions do. Those for look-behind are none that are compiled here. */
const known: ReadonlyMap<number, number> = new Map([
  [1, op.fork],
  [2, op.fork],
  [3, op.pass],
  [4, op.assert],
  [5, op.fail],
  [6, op.match],
  [7, op.pass],
  [8, op.char],
  [9, op.char],
  [10, op.char],
  [11, op.char],
]);

/** The program that a library's expression has been compiled to. Throws where the library has other instructions now. */
export function toRegexProgram(regex: RE2JS): RegexProgram {
  const { prog } = regex.re2() as { prog: { start: number; inst: readonly Instruction[] } };
  const { start, inst } = prog;
  return {
    start,
    ops: Uint8Array.from(inst, (instruction) => {
      const kind = known.get(instruction.op);
      if (kind === undefined) throw new TypeError(`an unknown instruction: ${instruction.op}`);
      return kind;
    }),
    outs: Int32Array.from(inst, ({ out }) => out),
    args: Int32Array.from(inst, ({ arg }) => arg),
    reads: (instruction, code) => inst[instruction]?.matchRune(code) === true,
  };
}

const lineBegin = 1;
const lineEnd = 2;
const textBegin = 4;
const textEnd = 8;
const wordEdge = 16;
const noWordEdge = 32;

/** What holds between two characters, by their codes; -1 where the text begins or ends. */
export function contextBetween(before: number, after: number): number {
  let flags = isWord(before) === isWord(after) ? noWordEdge : wordEdge;
  if (before === -1) flags |= textBegin | lineBegin;
  else if (before === 0x0a) flags |= lineBegin;
  if (after === -1) flags |= textEnd | lineEnd;
  else if (after === 0x0a) flags |= lineEnd;
  return flags;
}

function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f
  );
}
