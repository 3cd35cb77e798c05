import { RE2JS } from "re2js";
import type { Effort } from "./effort.ts";
import { GrammarFault } from "./grammar-fault.ts";
import { contextBetween, op, type RegexProgram, toRegexProgram } from "./regex-program.ts";
import { estimateSize } from "./regex-size.ts";

/** Characters of an expression, and instructions that it may come to: reading one takes time too. */
const maxSource = 10_000;
const maxSize = 20_000;
/** By how much the size of an expression may be estimated too large. */
const tolerance = 4;

/**
 * A regular expression of a caller's, in the syntax of RE2: no look-around, no back references, and so time that grows
 * with the length of the text and the expression and with nothing else. It is read by the library, and followed here: with
 * all of its states at once, and pauses.
 */
export class BoundedRegex {
  readonly #program: RegexProgram;
  readonly #lazy: boolean;
  /** What one match needs; several may go on at a time. */
  readonly #idle: Threads[] = [];

  /** Throws a {@link GrammarFault} for what is no such expression. With `lazy` the first match counts, not the longest. */
  constructor(source: string, lazy = false) {
    if (source.length > maxSource) throw new GrammarFault("a regular expression is too long");
    if (estimateSize(source) > maxSize * tolerance) throw tooLarge();
    let regex: RE2JS;
    try {
      regex = RE2JS.compile(source, lazy ? 0 : RE2JS.LONGEST_MATCH);
    } catch (thrown) {
      throw new GrammarFault((thrown as Error).message.replace(/^error parsing regexp: /, ""), {
        cause: thrown,
      });
    }
    this.#program = toRegexProgram(regex);
    this.#lazy = lazy;
    if (this.size > maxSize) throw tooLarge();
  }

  /** Instructions that the expression comes to. */
  get size(): number {
    return this.#program.ops.length;
  }

  /**
   * The end of the match that begins at a place, -1 where none does. What is before the place is not seen. A step is an
   * instruction that is come to, or that reads a character.
   */
  *matchAt(text: string, at: number, effort: Effort): Generator<void, number, undefined> {
    const threads = this.#idle.pop() ?? new Threads(this.#program);
    let end = -1;
    threads.begin(contextBetween(-1, codeUnitAt(text, at)));
    for (let place = at; ; ) {
      const matched = threads.cutAtMatch(this.#lazy);
      if (matched) end = place;
      if (effort.spend(threads.takeSteps())) yield;
      const code = text.codePointAt(place);
      if (code === undefined || threads.none) break;
      place += code > 0xffff ? 2 : 1;
      threads.read(code, contextBetween(text.charCodeAt(place - 1), codeUnitAt(text, place)));
    }
    this.#idle.push(threads);
    return end;
  }
}

/** The states that an expression is in, the ones first that a match of the first kind prefers. */
class Threads {
  readonly #program: RegexProgram;
  #now: Int32Array;
  #next: Int32Array;
  #count = 0;
  /** In which round an instruction was last come to. */
  readonly #seen: Uint32Array;
  #round = 0;
  readonly #open: Int32Array;
  #steps = 0;
  #matches = false;

  constructor(program: RegexProgram) {
    const size = program.ops.length;
    this.#program = program;
    this.#now = new Int32Array(size);
    this.#next = new Int32Array(size);
    this.#seen = new Uint32Array(size);
    this.#open = new Int32Array(size + 1);
  }

  get none(): boolean {
    return this.#count === 0;
  }

  begin(context: number): void {
    this.#startRound();
    this.#count = this.#follow(this.#program.start, this.#now, 0, context);
  }

  /** Reads a character. `context` is what holds behind it. */
  read(code: number, context: number): void {
    const { ops, outs } = this.#program;
    const now = this.#now;
    const next = this.#next;
    const before = this.#count;
    this.#startRound();
    let count = 0;
    for (let index = 0; index < before; index++) {
      const at = now[index] as number;
      if (ops[at] === op.char && this.#program.reads(at, code))
        count = this.#follow(outs[at] as number, next, count, context);
    }
    this.#steps += before;
    this.#count = count;
    this.#now = next;
    this.#next = now;
  }

  /** Whether a match ends here. Where the first one counts, what is less preferred is given up. */
  cutAtMatch(first: boolean): boolean {
    if (!this.#matches) return false;
    if (first) {
      for (let index = 0; index < this.#count; index++)
        if (this.#program.ops[this.#now[index] as number] === op.match) this.#count = index;
    }
    return true;
  }

  /** The steps since the last time. */
  takeSteps(): number {
    const steps = this.#steps;
    this.#steps = 0;
    return steps;
  }

  #startRound(): void {
    this.#matches = false;
    this.#round++;
    if (this.#round <= 0xffffffff) return;
    this.#seen.fill(0);
    this.#round = 1;
  }

  /** Adds the states that an instruction leads to without a character; gives how many there are now. */
  #follow(from: number, states: Int32Array, before: number, context: number): number {
    const { ops, outs, args } = this.#program;
    const seen = this.#seen;
    const open = this.#open;
    let count = before;
    let depth = 0;
    open[depth++] = from;
    while (depth > 0) {
      const at = open[--depth] as number;
      if (seen[at] === this.#round) continue;
      seen[at] = this.#round;
      this.#steps++;
      switch (ops[at]) {
        case op.fork:
          open[depth++] = args[at] as number;
          open[depth++] = outs[at] as number;
          break;
        case op.pass:
          open[depth++] = outs[at] as number;
          break;
        case op.assert:
          if (((args[at] as number) & ~context) === 0) open[depth++] = outs[at] as number;
          break;
        case op.match:
          this.#matches = true;
          states[count++] = at;
          break;
        case op.char:
          states[count++] = at;
          break;
      }
    }
    return count;
  }
}

function codeUnitAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : -1;
}

function tooLarge(): GrammarFault {
  return new GrammarFault("a regular expression is too large");
}
