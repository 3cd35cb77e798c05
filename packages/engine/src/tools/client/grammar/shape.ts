import { type CharSet, soleChar, toCharSet } from "./char-set.ts";
import type { ShapeWork } from "./shape-work.ts";

/** What texts look like that follow a grammar: the one form that expressions and rules of both notations come to. */
export type Shape =
  | { kind: "chars"; chars: CharSet }
  | { kind: "sequence"; items: readonly Shape[] }
  | { kind: "choice"; options: readonly Shape[] }
  | { kind: "repeat"; item: Shape; min: number; max: number }
  /** Whatever the rule with this name is. */
  | { kind: "rule"; name: string };

/** The shape of nothing at all. */
export const nothing: Shape = { kind: "sequence", items: [] };

/** One after the other. */
export function sequenceOf(items: readonly Shape[]): Shape {
  const flat = items.flatMap((item) => (item.kind === "sequence" ? item.items : [item]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: "sequence", items: flat };
}

/** Any one of them. What is only a matter of one character becomes one class. */
export function choiceOf(options: readonly Shape[]): Shape {
  const flat = options.flatMap((option) => (option.kind === "choice" ? option.options : [option]));
  const chars = flat.flatMap((option) => (option.kind === "chars" ? option.chars : []));
  const others = flat.filter(({ kind }) => kind !== "chars");
  const all: Shape[] = chars.length === 0 ? others : [{ kind: "chars", chars: toCharSet(chars) }, ...others];
  const [only] = all;
  return all.length === 1 && only !== undefined ? only : { kind: "choice", options: all };
}

/** The same again, so many times. */
export function repeatOf(item: Shape, min: number, max: number): Shape {
  if (max === 0) return nothing;
  return min === 1 && max === 1 ? item : { kind: "repeat", item, min, max };
}

/** Whether a shape may be nothing at all; `isEmpty` says it of rules. */
export function mayBeEmpty(shape: Shape, isEmpty: (rule: string) => boolean): boolean {
  switch (shape.kind) {
    case "chars":
      return false;
    case "sequence":
      return shape.items.every((item) => mayBeEmpty(item, isEmpty));
    case "choice":
      return shape.options.some((option) => mayBeEmpty(option, isEmpty));
    case "repeat":
      return shape.min === 0 || mayBeEmpty(shape.item, isEmpty);
    case "rule":
      return isEmpty(shape.name);
  }
}

/** The text that is the only one of a shape; undefined where there are others, or rules in it. */
export function soleText(shape: Shape): string | undefined {
  if (shape.kind === "chars") {
    const code = soleChar(shape.chars);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }
  if (shape.kind !== "sequence") return undefined;
  const texts = shape.items.map(soleText);
  return texts.every((text) => text !== undefined) ? texts.join("") : undefined;
}

const sizes = new WeakMap<Shape, number>();

/** How much there is in a shape: its parts, and their ranges of characters. What is in it twice counts twice. */
export function sizeOf(shape: Shape): number {
  if (shape.kind === "rule") return 1;
  if (shape.kind === "chars") return 1 + shape.chars.length;
  let size = sizes.get(shape);
  if (size === undefined) {
    const parts =
      shape.kind === "sequence" ? shape.items : shape.kind === "choice" ? shape.options : [shape.item];
    size = parts.reduce((sum, part) => sum + sizeOf(part), 1);
    sizes.set(shape, size);
  }
  return size;
}

/**
 * The texts of a shape but the empty one; undefined where a rule that may be empty would have to be taken apart for that.
 * A shape that is only ever empty becomes a choice of nothing. Throws `Inexpressible` where it grows too large.
 */
export function withoutEmpty(
  shape: Shape,
  isEmpty: (rule: string) => boolean,
  work: ShapeWork,
): Shape | undefined {
  work.grow(sizeOf(shape));
  if (!mayBeEmpty(shape, isEmpty)) return shape;
  switch (shape.kind) {
    case "choice":
      return ifAll(
        shape.options.map((option) => withoutEmpty(option, isEmpty, work)),
        choiceOf,
      );
    case "repeat": {
      const item = withoutEmpty(shape.item, isEmpty, work);
      return item && repeatOf(item, 1, shape.max);
    }
    case "sequence": {
      // The first that is there, and whatever may follow it: each part comes once for each before it.
      work.grow(shape.items.reduce((sum, item, index) => sum + sizeOf(item) * (index + 1), 0));
      return ifAll(
        shape.items.map((item, index) => {
          const there = withoutEmpty(item, isEmpty, work);
          return there && sequenceOf([there, ...shape.items.slice(index + 1)]);
        }),
        choiceOf,
      );
    }
    default:
      return undefined;
  }
}

/**
 * The same texts, where nothing that may be empty is repeated: servers take such a repetition for one without end.
 * Undefined, and throws, as {@link withoutEmpty}.
 */
export function withoutIdleRepeats(
  shape: Shape,
  isEmpty: (rule: string) => boolean,
  work: ShapeWork,
): Shape | undefined {
  work.grow(sizeOf(shape));
  switch (shape.kind) {
    case "sequence":
      return ifAll(
        shape.items.map((item) => withoutIdleRepeats(item, isEmpty, work)),
        sequenceOf,
      );
    case "choice":
      return ifAll(
        shape.options.map((option) => withoutIdleRepeats(option, isEmpty, work)),
        choiceOf,
      );
    case "repeat": {
      const item = withoutIdleRepeats(shape.item, isEmpty, work);
      if (item !== undefined) work.grow(sizeOf(item));
      if (item === undefined || !mayBeEmpty(item, isEmpty))
        return item && repeatOf(item, shape.min, shape.max);
      const there = withoutEmpty(item, isEmpty, work);
      return there && repeatOf(there, 0, shape.max);
    }
    default:
      return shape;
  }
}

function ifAll(
  parts: readonly (Shape | undefined)[],
  join: (parts: readonly Shape[]) => Shape,
): Shape | undefined {
  return parts.every((part) => part !== undefined) ? join(parts) : undefined;
}
