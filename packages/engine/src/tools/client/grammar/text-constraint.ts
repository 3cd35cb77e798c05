import { type CharSet, hasChar } from "./char-set.ts";
import { countReadings } from "./count-readings.ts";
import { findEdges } from "./extension.ts";
import { findGreediness } from "./greedy-terminals.ts";
import { toLarkShapes } from "./lark-shapes.ts";
import { readLarkSyntax } from "./lark-syntax.ts";
import { withoutLeftRecursion } from "./left-recursion.ts";
import { Inexpressible } from "./regex-cursor.ts";
import { toRegexShape } from "./regex-shape.ts";
import { mayBeEmpty, type Shape, sequenceOf, withoutIdleRepeats } from "./shape.ts";
import { ShapeWork } from "./shape-work.ts";
import { toGbnf } from "./to-gbnf.ts";

/** In more ways than these no server is asked to read a text at once. */
const maxReadings = 200;

/** What a model server can be told to hold a text to while its model writes it. */
export interface TextConstraint {
  /** The grammar in GBNF, which llama.cpp reads, and xgrammar as well. */
  gbnf: string;
  /** True where every text of the grammar passes the check. */
  exact: boolean;
  /** False for a text that does not even begin like one of the grammar: the server has not held to it. */
  mayBegin(text: string): boolean;
}

/** The constraint of an expression that all of a text has to match; undefined where it is none that grammars can say. */
export function fromRegex(definition: string): TextConstraint | undefined {
  return ifExpressible((work) => {
    const read = toRegexShape(definition, true);
    return (
      read && toConstraint(new Map([["start", read.shape]]), findEdges(read.shape, work).first, true, work)
    );
  });
}

/** The same of a grammar in Lark's notation, which has been read without a fault before. */
export function fromLark(definition: string): TextConstraint | undefined {
  return ifExpressible((work) => {
    const shapes = toLarkShapes(readLarkSyntax(definition));
    if (shapes === undefined) return undefined;
    const { first, exact } = findGreediness(shapes, work);
    const rules = new Map(shapes.rules);
    const gap = shapes.gap ?? sequenceOf([]);
    // Behind them, so that what comes next can be told by its first character.
    for (const [name, { shape }] of shapes.terminals) rules.set(name, sequenceOf([shape, gap]));
    return toConstraint(rules, first, exact, work);
  });
}

/** What was made of a grammar; undefined where it turned out to be too much. */
function ifExpressible<T>(make: (work: ShapeWork) => T | undefined): T | undefined {
  try {
    return make(new ShapeWork());
  } catch (thrown) {
    if (thrown instanceof Inexpressible) return undefined;
    throw thrown;
  }
}

function toConstraint(
  rules: ReadonlyMap<string, Shape>,
  first: CharSet,
  exact: boolean,
  work: ShapeWork,
): TextConstraint | undefined {
  const isEmpty = findEmpty(rules, work);
  const straight = withoutLeftRecursion(rules, isEmpty, work);
  if (straight === undefined) return undefined;
  const written = new Map<string, Shape>();
  for (const [name, shape] of straight) {
    const tidy = withoutIdleRepeats(shape, isEmpty, work);
    if (tidy === undefined) return undefined;
    written.set(name, tidy);
  }
  const gbnf = toGbnf(written);
  if (gbnf === undefined || countReadings(written, maxReadings, work) > maxReadings) return undefined;
  const mayBegin = (text: string) => text === "" || hasChar(first, text.codePointAt(0) ?? 0);
  return { gbnf, exact, mayBegin };
}

/** Finds the rules that may be nothing at all. */
function findEmpty(rules: ReadonlyMap<string, Shape>, work: ShapeWork): (name: string) => boolean {
  const empty = new Set<string>();
  const isEmpty = (name: string) => empty.has(name);
  for (let size = -1; size < empty.size; ) {
    size = empty.size;
    work.spend(rules.size);
    for (const [name, shape] of rules) if (mayBeEmpty(shape, isEmpty)) empty.add(name);
  }
  return isEmpty;
}

/** The result of a computation that is made when it is first asked for. */
export function onlyOnce<T>(compute: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: compute() };
    return made.value;
  };
}
