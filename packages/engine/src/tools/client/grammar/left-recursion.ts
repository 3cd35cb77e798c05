import { choiceOf, mayBeEmpty, repeatOf, type Shape, sequenceOf, sizeOf, withoutEmpty } from "./shape.ts";
import type { ShapeWork } from "./shape-work.ts";

/**
 * The rules without any that begins with itself, which servers refuse: `sum: sum "+" term | term` becomes a term and any
 * number of `"+" term`. Undefined where that is not as simple, since a rule begins with itself by way of another. Throws
 * `Inexpressible` where they grow too large.
 */
export function withoutLeftRecursion(
  rules: ReadonlyMap<string, Shape>,
  isEmpty: (rule: string) => boolean,
  work: ShapeWork,
): Map<string, Shape> | undefined {
  const straight = new Map<string, Shape>();
  for (const [name, shape] of rules) {
    const written = straighten(name, shape, isEmpty, work);
    if (written === undefined) return undefined;
    straight.set(name, written);
  }
  return beginsWithItself(straight, isEmpty) ? undefined : straight;
}

function straighten(
  name: string,
  shape: Shape,
  isEmpty: (rule: string) => boolean,
  work: ShapeWork,
): Shape | undefined {
  const bases: Shape[] = [];
  const tails: Shape[] = [];
  for (const option of spread(name, shape, work)) {
    const items = option.kind === "sequence" ? option.items : [option];
    const [first, ...rest] = items;
    if (first?.kind !== "rule" || first.name !== name) bases.push(option);
    // A rule that is only itself says nothing.
    else if (rest.length > 0) {
      const tail = withoutEmpty(sequenceOf(rest), isEmpty, work);
      if (tail === undefined) return undefined;
      tails.push(tail);
    }
  }
  const base = choiceOf(bases);
  return tails.length === 0
    ? base
    : sequenceOf([base, repeatOf(choiceOf(tails), 0, Number.POSITIVE_INFINITY)]);
}

/** The alternatives of a shape, groups and options taken apart that begin with the rule. */
function spread(name: string, shape: Shape, work: ShapeWork): Shape[] {
  work.grow(sizeOf(shape));
  if (shape.kind === "choice") return shape.options.flatMap((option) => spread(name, option, work));
  const [first, ...rest] = shape.kind === "sequence" ? shape.items : [shape];
  if (first === undefined || !begins(name, first)) return [shape];
  if (first.kind === "choice")
    return first.options.flatMap((option) => spread(name, sequenceOf([option, ...rest]), work));
  if (first.kind === "repeat" && first.min === 0 && first.max === 1)
    return [
      ...spread(name, sequenceOf([first.item, ...rest]), work),
      ...spread(name, sequenceOf(rest), work),
    ];
  return [shape];
}

/** Whether something begins with a rule, by what is written in it. */
function begins(name: string, shape: Shape): boolean {
  if (shape.kind === "rule") return shape.name === name;
  if (shape.kind === "choice") return shape.options.some((option) => begins(name, option));
  if (shape.kind === "repeat") return begins(name, shape.item);
  const [first] = shape.kind === "sequence" ? shape.items : [];
  return first !== undefined && begins(name, first);
}

/** Whether any rule may begin with itself, by way of whatever. */
function beginsWithItself(rules: ReadonlyMap<string, Shape>, isEmpty: (rule: string) => boolean): boolean {
  const left = new Map([...rules].map(([name, shape]) => [name, new Set(leftRules(shape, isEmpty))]));
  // How many rules begin with each; what no rule begins with is in no circle, and is taken out.
  const used = new Map([...rules.keys()].map((name) => [name, 0]));
  for (const names of left.values()) for (const name of names) used.set(name, (used.get(name) ?? 0) + 1);
  const free = [...rules.keys()].filter((name) => used.get(name) === 0);
  for (const name of free) {
    for (const other of left.get(name) ?? []) {
      const uses = (used.get(other) ?? 0) - 1;
      used.set(other, uses);
      if (uses === 0) free.push(other);
    }
  }
  return free.length < rules.size;
}

/** The rules that a shape may begin with, what is before them being nothing at all. */
function* leftRules(shape: Shape, isEmpty: (rule: string) => boolean): Generator<string> {
  if (shape.kind === "rule") yield shape.name;
  else if (shape.kind === "repeat") yield* leftRules(shape.item, isEmpty);
  else if (shape.kind === "choice") for (const option of shape.options) yield* leftRules(option, isEmpty);
  else if (shape.kind === "sequence") {
    for (const item of shape.items) {
      yield* leftRules(item, isEmpty);
      if (!mayBeEmpty(item, isEmpty)) return;
    }
  }
}
