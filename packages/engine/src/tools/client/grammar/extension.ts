import { type CharRange, type CharSet, hasChar, toCharSet } from "./char-set.ts";
import { mayBeEmpty, type Shape } from "./shape.ts";
import type { ShapeWork } from "./shape-work.ts";

/** Classes of characters in a shape, and states of the machine that reads it: beyond these it is given up. */
const maxPositions = 400;
const maxStates = 400;
/** What a shape costs at the least, in steps. */
const stepsPerShape = 200;

/** How the texts of a shape begin, and go on where they could have ended. */
export interface Edges {
  /** The characters that a text may begin with. */
  first: CharSet;
  /** The characters that may follow a whole text within a longer one; undefined where that is too much to find out. */
  extension: CharSet | undefined;
}

/**
 * Looks at the edges of a shape without rules. Counts are taken for any number: what is found may be too much, never too
 * little. Throws `Inexpressible` where it is too much work.
 */
export function findEdges(shape: Shape, work: ShapeWork): Edges {
  const first: CharRange[] = [];
  addFirst(shape, first);
  work.spend(stepsPerShape + first.length);
  return { first: toCharSet(first), extension: findExtension(shape, work) };
}

/** Adds the characters that a text may begin with. */
function addFirst(shape: Shape, ranges: CharRange[]): void {
  switch (shape.kind) {
    case "chars":
      for (const range of shape.chars) ranges.push(range);
      return;
    case "choice":
      for (const option of shape.options) addFirst(option, ranges);
      return;
    case "repeat":
      addFirst(shape.item, ranges);
      return;
    case "sequence":
      for (const item of shape.items) {
        addFirst(item, ranges);
        if (!mayBeEmpty(item, noRules)) return;
      }
      return;
    case "rule":
      noRules();
  }
}

function noRules(): never {
  throw new TypeError("a shape with rules has no edges");
}

function findExtension(shape: Shape, work: ShapeWork): CharSet | undefined {
  if (countChars(shape) > maxPositions) return undefined;
  const machine = new Machine(work);
  const { first, last } = machine.add(shape);
  return machine.extension(first, new Set(last));
}

/** How many classes of characters there are in a shape. */
function countChars(shape: Shape): number {
  if (shape.kind === "chars") return 1;
  if (shape.kind === "repeat") return countChars(shape.item);
  if (shape.kind === "rule") noRules();
  const parts = shape.kind === "sequence" ? shape.items : shape.options;
  return parts.reduce((sum, part) => sum + countChars(part), 0);
}

/** Where a part begins and ends, in places of the machine. */
interface Part {
  empty: boolean;
  first: readonly number[];
  last: readonly number[];
}

/** Glushkov's automaton: a place for each class of characters, and which may follow which. */
class Machine {
  readonly #chars: CharSet[] = [];
  readonly #next: Set<number>[] = [];
  readonly #work: ShapeWork;

  constructor(work: ShapeWork) {
    this.#work = work;
  }

  add(shape: Shape): Part {
    switch (shape.kind) {
      case "chars": {
        const place = this.#chars.push(shape.chars) - 1;
        this.#next.push(new Set());
        return { empty: false, first: [place], last: [place] };
      }
      case "sequence":
        return shape.items.map((item) => this.add(item)).reduce((a, b) => this.#follow(a, b), none);
      case "choice": {
        const parts = shape.options.map((option) => this.add(option));
        return {
          empty: parts.some(({ empty }) => empty),
          first: parts.flatMap(({ first }) => first),
          last: parts.flatMap(({ last }) => last),
        };
      }
      case "repeat": {
        const part = this.add(shape.item);
        if (shape.max > 1) this.#link(part, part);
        return { ...part, empty: part.empty || shape.min === 0 };
      }
      case "rule":
        return noRules();
    }
  }

  charsOf(places: Iterable<number>): CharSet {
    return toCharSet([...places].flatMap((place) => this.#chars[place] ?? []));
  }

  /** What may follow in the states that a text may end in. */
  extension(first: readonly number[], last: ReadonlySet<number>): CharSet | undefined {
    const samples = this.#samples();
    const seen = new Map<string, readonly number[]>();
    const open: (readonly number[])[] = [];
    const reach = (from: ReadonlySet<number>, sample: number) => {
      this.#work.spend(1 + from.size);
      const state = [...from].filter((place) => hasChar(this.#chars[place] ?? [], sample));
      const key = state.sort((a, b) => a - b).join();
      if (state.length === 0 || seen.has(key)) return;
      seen.set(key, state);
      open.push(state);
    };
    for (const sample of samples) reach(new Set(first), sample);
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.size > maxStates) return undefined;
      const next = this.#after(state);
      for (const sample of samples) reach(next, sample);
    }
    const ends = [...seen.values()].filter((state) => state.some((place) => last.has(place)));
    return toCharSet(ends.flatMap((state) => [...this.charsOf(this.#after(state))]));
  }

  /** A character of each kind that the classes tell apart. */
  #samples(): number[] {
    const edges = new Set(this.#chars.flatMap((set) => set.flatMap(([from, to]) => [from, to + 1])));
    return [...edges];
  }

  #after(state: readonly number[]): Set<number> {
    const after = new Set<number>();
    for (const place of state) {
      const next = this.#next[place] ?? [];
      this.#work.spend(this.#next[place]?.size ?? 0);
      for (const other of next) after.add(other);
    }
    return after;
  }

  #follow(a: Part, b: Part): Part {
    this.#link(a, b);
    return {
      empty: a.empty && b.empty,
      first: a.empty ? [...a.first, ...b.first] : a.first,
      last: b.empty ? [...a.last, ...b.last] : b.last,
    };
  }

  #link(a: Part, b: Part): void {
    this.#work.spend(a.last.length * b.first.length);
    for (const place of a.last) for (const next of b.first) this.#next[place]?.add(next);
  }
}

const none: Part = { empty: true, first: [], last: [] };
