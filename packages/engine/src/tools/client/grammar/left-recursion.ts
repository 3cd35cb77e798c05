import { choiceOf, mayBeEmpty, repeatOf, type Shape, sequenceOf, withoutEmpty } from "./shape.ts";

/**
 * The rules without any that begins with itself, which servers refuse: `sum: sum "+" term | term` becomes a term and any
 * number of `"+" term`. Undefined where that is not as simple, since a rule begins with itself by way of another.
 */
export function withoutLeftRecursion(
  rules: ReadonlyMap<string, Shape>,
  isEmpty: (rule: string) => boolean,
): Map<string, Shape> | undefined {
  const straight = new Map<string, Shape>();
  for (const [name, shape] of rules) {
    const written = straighten(name, shape, isEmpty);
    if (written === undefined) return undefined;
    straight.set(name, written);
  }
  return beginsWithItself(straight, isEmpty) ? undefined : straight;
}

function straighten(name: string, shape: Shape, isEmpty: (rule: string) => boolean): Shape | undefined {
  const bases: Shape[] = [];
  const tails: Shape[] = [];
  for (const option of spread(name, shape)) {
    const items = option.kind === "sequence" ? option.items : [option];
    const [first, ...rest] = items;
    if (first?.kind !== "rule" || first.name !== name) bases.push(option);
    // A rule that is only itself says nothing.
    else if (rest.length > 0) {
      const tail = withoutEmpty(sequenceOf(rest), isEmpty);
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
function spread(name: string, shape: Shape): Shape[] {
  if (shape.kind === "choice") return shape.options.flatMap((option) => spread(name, option));
  const [first, ...rest] = shape.kind === "sequence" ? shape.items : [shape];
  if (first === undefined || !begins(name, first)) return [shape];
  if (first.kind === "choice")
    return first.options.flatMap((option) => spread(name, sequenceOf([option, ...rest])));
  if (first.kind === "repeat" && first.min === 0 && first.max === 1)
    return [...spread(name, sequenceOf([first.item, ...rest])), ...spread(name, sequenceOf(rest))];
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
  const state = new Map<string, "open" | "done">();
  const visit = (name: string): boolean => {
    if (state.has(name)) return state.get(name) === "open";
    state.set(name, "open");
    const shape = rules.get(name);
    const found = shape !== undefined && [...leftRules(shape, isEmpty)].some(visit);
    state.set(name, "done");
    return found;
  };
  return [...rules.keys()].some(visit);
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
