import { type CharSet, overlap, toCharSet } from "./char-set.ts";
import { findEdges } from "./extension.ts";
import type { LarkShapes } from "./lark-shapes.ts";
import { mayBeEmpty, type Shape, soleText } from "./shape.ts";
import type { ShapeWork } from "./shape-work.ts";

/** What is known of the terminals of a grammar, each being read as far as it goes. */
export interface Greediness {
  /**
   * True where no terminal can be read beyond where it was meant to end: no character that may come after it goes on with
   * it. Then what can be written by the rules is read by them, too; else, `/[a-z]+/ "z"` say, there are texts which
   * can be written and are not understood.
   */
  exact: boolean;
  /** The characters that a text may begin with. */
  first: CharSet;
}

/** Looks at the terminals of a grammar, and at what may follow them. Throws `Inexpressible` where that is too much work. */
export function findGreediness(shapes: LarkShapes, work: ShapeWork): Greediness {
  const { terminals, gap, ignored } = shapes;
  const edges = new Map(
    [...terminals].map(([name, { shape, lazy }]) => {
      // A text that is always the same ends where it ends.
      const { first, extension } = findEdges(shape, work);
      const fixed = soleText(shape) !== undefined;
      return [name, { first, extension: fixed ? [] : lazy ? undefined : extension }];
    }),
  );
  const gapFirst = gap === undefined ? [] : findEdges(gap, work).first;
  const firstOf = (names: Iterable<string>) => {
    const ranges = [...names].flatMap((name) => edges.get(name)?.first ?? []);
    work.spend(ranges.length);
    return toCharSet(ranges);
  };
  const { starts, followers } = new Neighbours(shapes, work).find();
  const exact = [...followers].every(([name, after]) => {
    const extension = edges.get(name)?.extension;
    if (extension === undefined) return false;
    return after.size === 0 || !overlap(extension, toCharSet([...firstOf(after), ...gapFirst]));
  });
  // Behind a terminal that is nothing at all, what may stand behind it comes first.
  const idle = [...starts].some((name) => {
    const terminal = terminals.get(name);
    return terminal !== undefined && mayBeEmpty(terminal.shape, () => false);
  });
  return {
    exact: exact && (gap === undefined || endsBeforeTerminals(ignored, firstOf(terminals.keys()), work)),
    first: idle ? toCharSet([...firstOf(starts), ...gapFirst]) : firstOf(starts),
  };
}

/** Whether nothing that is ignored goes on with what a terminal begins with. */
function endsBeforeTerminals(ignored: LarkShapes["ignored"], first: CharSet, work: ShapeWork): boolean {
  return ignored.every((regex) => {
    if (regex === undefined || regex.lazy) return false;
    const edges = findEdges(regex.shape, work);
    return edges.extension !== undefined && !overlap(toCharSet([...edges.extension, ...edges.first]), first);
  });
}

/** Which terminals come first, and which may come after which. */
class Neighbours {
  readonly #shapes: LarkShapes;
  readonly #work: ShapeWork;
  /** Rules and terminals that may be nothing at all. */
  readonly #empty = new Set<string>();
  readonly #first = new Map<string, Set<string>>();
  readonly #after = new Map<string, Set<string>>();
  #changed = true;

  constructor(shapes: LarkShapes, work: ShapeWork) {
    this.#shapes = shapes;
    this.#work = work;
    for (const [name, { shape }] of shapes.terminals) {
      this.#first.set(name, new Set([name]));
      if (mayBeEmpty(shape, () => false)) this.#empty.add(name);
    }
    for (const name of [...shapes.rules.keys(), ...shapes.terminals.keys()]) {
      this.#after.set(name, new Set());
      if (!this.#first.has(name)) this.#first.set(name, new Set());
    }
  }

  find(): { starts: ReadonlySet<string>; followers: ReadonlyMap<string, ReadonlySet<string>> } {
    const { rules, terminals } = this.#shapes;
    while (this.#passes()) {
      for (const [name, shape] of rules) {
        if (mayBeEmpty(shape, this.#isEmpty) && !this.#empty.has(name)) {
          this.#empty.add(name);
          this.#changed = true;
        }
        this.#add(this.#first.get(name), this.#firstOf(shape));
      }
    }
    this.#changed = true;
    while (this.#passes()) {
      for (const [name, shape] of rules) this.#walk(shape, this.#after.get(name) ?? new Set());
    }
    const [start] = rules.keys();
    return {
      starts: this.#first.get(start ?? "") ?? new Set(),
      followers: new Map([...terminals.keys()].map((name) => [name, this.#after.get(name) ?? new Set()])),
    };
  }

  readonly #isEmpty = (name: string): boolean => this.#empty.has(name);

  #passes(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  #firstOf(shape: Shape): Set<string> {
    const first = this.#findFirst(shape);
    this.#work.spend(1 + first.size);
    return first;
  }

  #findFirst(shape: Shape): Set<string> {
    switch (shape.kind) {
      case "rule":
        return this.#first.get(shape.name) ?? new Set();
      case "repeat":
        return this.#firstOf(shape.item);
      case "choice":
        return new Set(shape.options.flatMap((option) => [...this.#firstOf(option)]));
      case "sequence": {
        const first = new Set<string>();
        for (const item of shape.items) {
          for (const name of this.#firstOf(item)) first.add(name);
          if (!mayBeEmpty(item, this.#isEmpty)) break;
        }
        return first;
      }
      case "chars":
        return new Set();
    }
  }

  /** Notes what may come after each part, `after` being what may come after the whole. */
  #walk(shape: Shape, after: ReadonlySet<string>): void {
    this.#work.spend(1 + after.size);
    switch (shape.kind) {
      case "rule":
        this.#add(this.#after.get(shape.name), after);
        return;
      case "repeat":
        this.#walk(shape.item, shape.max > 1 ? new Set([...after, ...this.#firstOf(shape.item)]) : after);
        return;
      case "choice":
        for (const option of shape.options) this.#walk(option, after);
        return;
      case "sequence": {
        let behind = after;
        for (const item of shape.items.toReversed()) {
          this.#walk(item, behind);
          const first = this.#firstOf(item);
          behind = mayBeEmpty(item, this.#isEmpty) ? new Set([...behind, ...first]) : first;
        }
        return;
      }
      case "chars":
        return;
    }
  }

  #add(set: Set<string> | undefined, names: Iterable<string>): void {
    for (const name of names) {
      if (set === undefined || set.has(name)) continue;
      set.add(name);
      this.#changed = true;
    }
  }
}
