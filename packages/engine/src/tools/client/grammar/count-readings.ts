import { type CharSet, hasChar } from "./char-set.ts";
import type { Shape } from "./shape.ts";
import type { ShapeWork } from "./shape-work.ts";

/** A character, or a rule by its number. */
type Symbol = CharSet | number;

/** Symbols of a grammar whose repetitions are written out. */
const maxSymbols = 20_000;
/** Characters of the text that is tried. */
const length = 48;
/** What a stack costs, in steps. */
const stackSteps = 4;
/** Readings that are followed in one step, the dead ends included. */
const maxSteps = 20_000;

/**
 * Counts in how many ways a server has to read a text at once, at the worst that is found: llama.cpp keeps a stack for
 * each, and where their number doubles with every character it stands still, for everybody. The text that is tried is the
 * one that leaves most ways open, character by character. Infinity where it is too much to find out; throws
 * `Inexpressible` where that takes too much work.
 */
export function countReadings(rules: ReadonlyMap<string, Shape>, enough: number, work: ShapeWork): number {
  const reader = new Reader(rules, work);
  if (reader.tooLarge) return Number.POSITIVE_INFINITY;
  let stacks = reader.begin();
  let most = stacks.size;
  for (let step = 0; step < length && stacks.size > 0 && most <= enough; step++) {
    let widest = new Set<number>();
    for (const sample of reader.samples(stacks)) {
      const next = reader.read(stacks, sample);
      // Of those that are equally wide, the later ones are tried in later steps.
      if (next.size > widest.size || (next.size === widest.size && step % 2 === 1)) widest = next;
    }
    stacks = widest;
    most = Math.max(most, stacks.size);
    if (reader.tooLarge) return Number.POSITIVE_INFINITY;
  }
  return most;
}

/** Reads as llama.cpp does: a stack of what is still to come, for each way in which the text so far can be read. */
class Reader {
  tooLarge = false;
  /** The symbols of all alternatives, one after the other; undefined at the end of each. */
  readonly #symbols: (Symbol | undefined)[] = [];
  /** Where the alternatives of each rule begin. */
  readonly #rules: number[][] = [];
  readonly #numbers = new Map<string, number>();
  /** Stacks by their number: the place on top, and the stack below it. Number 0 is the empty one. */
  readonly #stacks: [place: number, below: number][] = [[-1, -1]];
  readonly #known = new Map<string, number>();

  readonly #work: ShapeWork;

  constructor(rules: ReadonlyMap<string, Shape>, work: ShapeWork) {
    this.#work = work;
    for (const name of rules.keys()) this.#numbers.set(name, this.#rules.push([]) - 1);
    for (const [name, shape] of rules) this.#define(this.#numbers.get(name) ?? 0, [shape]);
  }

  begin(): Set<number> {
    const stacks = new Set<number>();
    const seen = new Set<number>();
    for (const place of this.#rules[0] ?? []) this.#advance(this.#push(place, 0), stacks, seen);
    return stacks;
  }

  /** A character of each kind that may come next. */
  samples(stacks: ReadonlySet<number>): Set<number> {
    const sets = [...stacks].map((stack) => this.#top(stack) as CharSet);
    this.#work.spend(sets.reduce((sum, set) => sum + set.length, 0) * 2);
    const edges = new Set(sets.flatMap((set) => set.flatMap(([from, to]) => [from, to + 1])));
    return new Set([...edges].filter((code) => sets.some((set) => hasChar(set, code))).slice(0, 64));
  }

  read(stacks: ReadonlySet<number>, char: number): Set<number> {
    const next = new Set<number>();
    const seen = new Set<number>();
    for (const stack of stacks) {
      if (!hasChar(this.#top(stack) as CharSet, char)) continue;
      const [place, below] = this.#stacks[stack] ?? [0, 0];
      this.#advance(this.#push(place + 1, below), next, seen);
    }
    return next;
  }

  /** Adds the stacks that a stack comes to before the next character. */
  #advance(begin: number, found: Set<number>, seen: Set<number>): void {
    const open = [begin];
    for (let stack = open.pop(); stack !== undefined; stack = open.pop()) {
      if (stack === 0 || seen.has(stack)) continue;
      seen.add(stack);
      this.#work.spend(stackSteps);
      if (seen.size > maxSteps) {
        this.tooLarge = true;
        return;
      }
      const symbol = this.#top(stack);
      if (typeof symbol !== "number") {
        found.add(stack);
        continue;
      }
      const [place, below] = this.#stacks[stack] ?? [0, 0];
      const after = this.#push(place + 1, below);
      const starts = this.#rules[symbol] ?? [];
      this.#work.spend(starts.length * stackSteps);
      for (const start of starts) open.push(this.#push(start, after));
    }
  }

  #top(stack: number): Symbol | undefined {
    return this.#symbols[this.#stacks[stack]?.[0] ?? -1];
  }

  /** The number of a stack. What is over is not kept on it. */
  #push(place: number, below: number): number {
    if (this.#symbols[place] === undefined) return below;
    const key = `${place} ${below}`;
    let number = this.#known.get(key);
    if (number === undefined) {
      number = this.#stacks.push([place, below]) - 1;
      this.#known.set(key, number);
    }
    return number;
  }

  #define(rule: number, options: readonly Shape[]): void {
    const written = options
      .flatMap((option) => (option.kind === "choice" ? option.options : [option]))
      .map((option) => this.#write(option));
    for (const symbols of written) this.#alternative(rule, symbols);
  }

  #alternative(rule: number, symbols: readonly Symbol[]): void {
    this.#rules[rule]?.push(this.#symbols.length);
    if (this.#symbols.length + symbols.length > maxSymbols) this.tooLarge = true;
    else this.#symbols.push(...symbols, undefined);
  }

  #write(shape: Shape): Symbol[] {
    if (this.tooLarge) return [];
    switch (shape.kind) {
      case "chars":
        return [shape.chars];
      case "rule":
        return [this.#numbers.get(shape.name) ?? 0];
      case "sequence":
        return shape.items.flatMap((item) => this.#write(item));
      case "choice": {
        const rule = this.#rules.push([]) - 1;
        this.#define(rule, shape.options);
        return [rule];
      }
      case "repeat":
        return this.#writeRepeat(shape);
    }
  }

  #writeRepeat({ item, min, max }: Extract<Shape, { kind: "repeat" }>): Symbol[] {
    const symbols = this.#write(item);
    const required = Array.from({ length: min }, () => symbols).flat();
    if (max === Number.POSITIVE_INFINITY) {
      const more = this.#rules.push([]) - 1;
      this.#alternative(more, [...symbols, more]);
      this.#alternative(more, []);
      return [...required, more];
    }
    // Each further one is inside of the one before.
    let rest: Symbol[] = [];
    for (let count = min; count < max && !this.tooLarge; count++) {
      const more = this.#rules.push([]) - 1;
      this.#alternative(more, [...symbols, ...rest]);
      this.#alternative(more, []);
      rest = [more];
    }
    return [...required, ...rest];
  }
}
