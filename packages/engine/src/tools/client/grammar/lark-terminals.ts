import { BoundedRegex } from "./bounded-regex.ts";
import { type Effort, workAtOnce } from "./effort.ts";
import { GrammarFault } from "./grammar-fault.ts";
import { commonTerminals } from "./lark-common.ts";
import type { LarkExpression, LarkSyntax } from "./lark-syntax.ts";

/** A piece of text that is read in one go. */
export interface Terminal {
  /** What it is called in messages. */
  readonly name: string;
  /** The same as an expression in the syntax of RE2. */
  readonly source: string;
  /** True where it can be nothing at all. */
  readonly empty: boolean;
  /** The end of the longest match that begins at a place, -1 where none does. Pauses as the effort says. */
  matchAt(text: string, at: number, effort: Effort): Generator<void, number, undefined>;
}

/** Characters of all terminals, their parts written out, and instructions that they may come to. */
const maxSource = 20_000;
const maxSize = 20_000;
/** Terminals inside of terminals, and groups inside of these. */
const maxDepth = 100;
const maxGroups = 1000;

/** Makes terminals of a grammar's expressions. Throws a {@link GrammarFault}. */
export class TerminalMaker {
  readonly #syntax: LarkSyntax;
  readonly #sources = new Map<string, string>();
  readonly #open = new Set<string>();
  #length = 0;
  #size = 0;
  #depth = 0;

  constructor(syntax: LarkSyntax) {
    this.#syntax = syntax;
  }

  /** The terminal that an expression stands for. */
  make(expression: LarkExpression, name: string): Terminal {
    if (expression.kind === "literal" && !expression.anyCase) return literalTerminal(expression.text);
    const source = this.#toSource(expression);
    this.#length += source.length;
    if (this.#length > maxSource) throw new GrammarFault("its terminals are too long");
    let regex: BoundedRegex;
    try {
      regex = new BoundedRegex(source, /[*+?}]\?/.test(source));
    } catch (thrown) {
      throw new GrammarFault(`${name}: ${(thrown as Error).message}`, { cause: thrown });
    }
    this.#size += regex.size;
    if (this.#size > maxSize) throw new GrammarFault("its terminals are too large");
    return {
      name,
      source,
      empty: workAtOnce((effort) => regex.matchAt("", 0, effort)) === 0,
      matchAt: (text, at, effort) => regex.matchAt(text, at, effort),
    };
  }

  /** What {@link Terminal.source} would be. */
  sourceOf(expression: LarkExpression): string {
    if (expression.kind === "literal" && !expression.anyCase) return quoted(expression.text);
    return this.#toSource(expression);
  }

  #toSource(expression: LarkExpression): string {
    if (++this.#depth > maxGroups) throw new GrammarFault("its terminals are nested too deeply");
    const source = this.#write(expression);
    this.#depth--;
    return source;
  }

  #write(expression: LarkExpression): string {
    switch (expression.kind) {
      case "name":
        return this.#named(expression.name);
      case "literal":
        return expression.anyCase ? `(?i:${quoted(expression.text)})` : quoted(expression.text);
      case "range":
        return `[${quoted(expression.from)}-${quoted(expression.to)}]`;
      case "regex": {
        const source = expression.source.replaceAll("\\/", "/");
        if (expression.flags.includes("x"))
          throw new GrammarFault("regular expressions with the flag 'x' are not supported");
        const flags = expression.flags.replace(/[lu]/g, "");
        return flags === "" ? `(?:${source})` : `(?${flags}:${source})`;
      }
      case "sequence":
        return this.#joined(expression.items, "");
      case "choice":
        return this.#joined(expression.options, "|");
      case "repeat": {
        const { min, max, item } = expression;
        const source = `(?:${this.#toSource(item)})`;
        if (max === Number.POSITIVE_INFINITY) return `${source}{${min},}`;
        return `${source}{${min},${max}}`;
      }
    }
  }

  #joined(parts: readonly LarkExpression[], separator: string): string {
    const source = `(?:${parts.map((part) => this.#toSource(part)).join(separator)})`;
    if (source.length > maxSource) throw new GrammarFault("a terminal is too long");
    return source;
  }

  #named(name: string): string {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const definition = this.#syntax.definitions.get(name);
    if (definition === undefined) {
      const imported = this.#syntax.imported.get(name);
      const source = imported === undefined ? undefined : commonTerminals.get(imported);
      if (source === undefined) throw new GrammarFault(`'${imported ?? name}' is not defined`);
      return `(?:${source})`;
    }
    if (this.#open.has(name)) throw new GrammarFault(`the terminal '${name}' contains itself`);
    if (this.#open.size >= maxDepth) throw new GrammarFault("its terminals are nested too deeply");
    this.#open.add(name);
    const source = `(?:${this.#toSource(definition)})`;
    this.#open.delete(name);
    this.#sources.set(name, source);
    return source;
  }
}

function literalTerminal(literal: string): Terminal {
  return {
    name: JSON.stringify(literal),
    source: quoted(literal),
    empty: false,
    *matchAt(text, at, effort) {
      // Many characters are compared at once.
      if (effort.spend(1 + (literal.length >> 4))) yield;
      return text.startsWith(literal, at) ? at + literal.length : -1;
    },
  };
}

/** Text that stands for itself in an expression. */
function quoted(text: string): string {
  return text.replace(/[\\^$.[\]()|{}*+?-]/g, "\\$&").replaceAll("\n", "\\n");
}
