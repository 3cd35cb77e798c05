import { onlyChar, toCharSet } from "./char-set.ts";
import { workAtOnce } from "./effort.ts";
import { isTerminalName, type LarkExpression, type LarkSyntax } from "./lark-syntax.ts";
import { type Terminal, TerminalMaker } from "./lark-terminals.ts";
import { type RegexShape, toRegexShape } from "./regex-shape.ts";
import { choiceOf, repeatOf, type Shape, sequenceOf } from "./shape.ts";

/** A grammar in Lark's notation as shapes. */
export interface LarkShapes {
  /** By name, the start first. They refer to each other and to terminals. */
  rules: ReadonlyMap<string, Shape>;
  /** By a name that no rule has. */
  terminals: ReadonlyMap<string, RegexShape>;
  /** What may stand behind each terminal; undefined for nothing. Of what `%ignore` names, only what is usual in a text. */
  gap: Shape | undefined;
  /** What `%ignore` names; undefined where that is no shape. */
  ignored: readonly (RegexShape | undefined)[];
}

/** The longest indentation that a model may write where white space is ignored, or it may never end. */
const maxIndentation = 20;

/**
 * Takes a grammar that has been read without a fault. Undefined where a terminal is an expression that no grammar can
 * say.
 */
export function toLarkShapes(syntax: LarkSyntax): LarkShapes | undefined {
  return new LarkShaper(syntax).shape();
}

class LarkShaper {
  readonly #syntax: LarkSyntax;
  readonly #maker: TerminalMaker;
  readonly #rules = new Map<string, Shape>();
  readonly #terminals = new Map<string, RegexShape>();
  readonly #wanted: string[] = ["start"];
  #failed = false;

  constructor(syntax: LarkSyntax) {
    this.#syntax = syntax;
    this.#maker = new TerminalMaker(syntax);
  }

  shape(): LarkShapes | undefined {
    for (const name of this.#wanted) {
      const definition = this.#syntax.definitions.get(name);
      if (definition !== undefined && !this.#rules.has(name))
        this.#rules.set(name, this.#toShape(definition));
    }
    const ignored = this.#syntax.ignored.map((expression) => this.#maker.make(expression, "%ignore"));
    if (this.#failed) return undefined;
    return {
      rules: this.#rules,
      terminals: this.#terminals,
      gap: toGap(ignored),
      ignored: ignored.map(({ source }) => toRegexShape(source, false)),
    };
  }

  #toShape(expression: LarkExpression): Shape {
    switch (expression.kind) {
      case "literal":
      case "regex":
      case "range":
        return this.#terminal(expression);
      case "name":
        if (isTerminalName(expression.name)) return this.#terminal(expression);
        this.#wanted.push(expression.name);
        return { kind: "rule", name: expression.name };
      case "sequence":
        return sequenceOf(expression.items.map((item) => this.#toShape(item)));
      case "choice":
        return choiceOf(expression.options.map((option) => this.#toShape(option)));
      case "repeat":
        return repeatOf(this.#toShape(expression.item), expression.min, expression.max);
    }
  }

  #terminal(expression: LarkExpression): Shape {
    const name = `terminal ${JSON.stringify(expression)}`;
    if (!this.#terminals.has(name)) {
      const shape = toRegexShape(this.#maker.sourceOf(expression), false);
      if (shape === undefined) this.#failed = true;
      else this.#terminals.set(name, shape);
    }
    return { kind: "rule", name };
  }
}

/** A blank, or a line break and some indentation, as far as that is ignored. */
function toGap(ignored: readonly Terminal[]): Shape | undefined {
  const isIgnored = (text: string) => passOver(text, ignored);
  const options: Shape[] = [];
  if (isIgnored(" ")) options.push({ kind: "chars", chars: onlyChar(0x20) });
  if (isIgnored("\n")) {
    const indents = [" ", "\t"].filter((char) => isIgnored(`\n${char}`) && isIgnored(`\n${char}${char}`));
    const mixed = indents.length < 2 || isIgnored("\n \t \t\t ");
    const chars = (mixed ? indents : indents.slice(0, 1)).map((char): [number, number] => [
      char.charCodeAt(0),
      char.charCodeAt(0),
    ]);
    const indentation = repeatOf({ kind: "chars", chars: toCharSet(chars) }, 0, maxIndentation);
    const line: Shape = { kind: "chars", chars: onlyChar(0x0a) };
    options.push(chars.length === 0 ? line : sequenceOf([line, indentation]));
  }
  return options.length === 0 ? undefined : repeatOf(choiceOf(options), 0, 1);
}

/** Whether all of a text is ignored. */
function passOver(text: string, ignored: readonly Terminal[]): boolean {
  const places = [0];
  for (const place of places) {
    if (place === text.length) return true;
    for (const terminal of ignored) {
      const end = workAtOnce((effort) => terminal.matchAt(text, place, effort));
      if (end > place && !places.includes(end)) places.push(end);
    }
  }
  return false;
}
