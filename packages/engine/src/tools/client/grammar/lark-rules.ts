import { GrammarFault } from "./grammar-fault.ts";
import { isTerminalName, type LarkExpression, type LarkSyntax } from "./lark-syntax.ts";
import { type Terminal, TerminalMaker } from "./lark-terminals.ts";

/** A rule (its number) or a terminal. */
export type RuleSymbol = number | Terminal;

/** A grammar as productions: what each rule may be, rules being numbered from 0, which is the start. */
export interface LarkRules {
  productions: RuleSymbol[][][];
  /** Whether a rule can be nothing at all. */
  nullable: boolean[];
  ignored: Terminal[];
  terminals: readonly Terminal[];
}

/** More than any grammar for a tool has, repetitions written out. */
const maxSymbols = 20_000;
/** Rules inside of rules, and groups inside of these. */
const maxDepth = 500;
const maxGroups = 1000;

/** Writes a grammar out as productions. Throws a {@link GrammarFault} for names that are not defined, or have no end. */
export function toLarkRules(syntax: LarkSyntax): LarkRules {
  return new RuleWriter(syntax).write();
}

class RuleWriter {
  readonly #syntax: LarkSyntax;
  readonly #maker: TerminalMaker;
  readonly #productions: RuleSymbol[][][] = [];
  readonly #numbers = new Map<string, number>();
  readonly #terminals = new Map<string, Terminal>();
  #symbols = 0;
  #depth = 0;
  #groups = 0;

  constructor(syntax: LarkSyntax) {
    this.#syntax = syntax;
    this.#maker = new TerminalMaker(syntax);
  }

  write(): LarkRules {
    if (!this.#syntax.definitions.has("start")) throw new GrammarFault("there is no rule 'start'");
    this.#ruleNamed("start");
    // What is never used may still be wrong, and its author should know.
    for (const name of this.#syntax.definitions.keys()) this.#toSymbol({ kind: "name", name });
    const ignored = this.#syntax.ignored.map((expression) => this.#terminal(expression));
    return {
      productions: this.#productions,
      nullable: this.#findNullable(),
      ignored,
      terminals: [...this.#terminals.values()],
    };
  }

  #ruleNamed(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const definition = this.#syntax.definitions.get(name);
    if (definition === undefined) throw new GrammarFault(`the rule '${name}' is not defined`);
    const number = this.#productions.push([]) - 1;
    this.#numbers.set(name, number);
    if (++this.#depth > maxDepth) throw new GrammarFault("its rules are nested too deeply");
    this.#productions[number] = this.#toOptions(definition);
    this.#depth--;
    return number;
  }

  #toOptions(expression: LarkExpression): RuleSymbol[][] {
    if (++this.#groups > maxGroups) throw new GrammarFault("its rules are nested too deeply");
    const options = expression.kind === "choice" ? expression.options : [expression];
    const written = options.map((option) => this.#toSequence(option));
    this.#groups--;
    return written;
  }

  #toSequence(expression: LarkExpression): RuleSymbol[] {
    const items = expression.kind === "sequence" ? expression.items : [expression];
    const symbols = items.map((item) => this.#toSymbol(item));
    this.#count(symbols.length + 1);
    return symbols;
  }

  #toSymbol(expression: LarkExpression): RuleSymbol {
    switch (expression.kind) {
      case "literal":
      case "regex":
      case "range":
        return this.#terminal(expression);
      case "name":
        return isTerminalName(expression.name)
          ? this.#terminal(expression)
          : this.#ruleNamed(expression.name);
      case "repeat":
        return this.#repeat(expression);
      default: {
        const number = this.#productions.push([]) - 1;
        this.#productions[number] = this.#toOptions(expression);
        return number;
      }
    }
  }

  /** Repetitions recur on the left, which costs the recogniser the least. */
  #repeat({ item, min, max }: Extract<LarkExpression, { kind: "repeat" }>): number {
    if (++this.#groups > maxGroups) throw new GrammarFault("its rules are nested too deeply");
    const symbol = this.#toSymbol(item);
    this.#groups--;
    const required: RuleSymbol[] = Array.from({ length: min }, () => symbol);
    this.#count(min + 2);
    const number = this.#productions.push([required]) - 1;
    if (max === Number.POSITIVE_INFINITY) {
      this.#productions[number]?.push([number, symbol]);
      return number;
    }
    // Each further one is optional: a rule that is the one before it, or that and one more.
    let rule = number;
    for (let count = min; count < max; count++) {
      this.#count(4);
      rule = this.#productions.push([[rule], [rule, symbol]]) - 1;
    }
    return rule;
  }

  #terminal(expression: LarkExpression): Terminal {
    const key = JSON.stringify(expression);
    let terminal = this.#terminals.get(key);
    if (terminal === undefined) {
      const name = expression.kind === "name" ? expression.name : nameOf(expression);
      terminal = this.#maker.make(expression, name);
      this.#terminals.set(key, terminal);
    }
    return terminal;
  }

  #count(symbols: number): void {
    this.#symbols += symbols;
    if (this.#symbols > maxSymbols) throw new GrammarFault("it is too large");
  }

  #findNullable(): boolean[] {
    const nullable = this.#productions.map(() => false);
    const found: number[] = [];
    const mark = (rule: number) => {
      if (nullable[rule]) return;
      nullable[rule] = true;
      found.push(rule);
    };
    /** The productions that a rule stands in, once for each time. */
    const uses = new Map<number, { rule: number; missing: number }[]>();
    for (const [rule, options] of this.#productions.entries()) {
      for (const option of options) {
        if (option.some((symbol) => typeof symbol === "object" && !symbol.empty)) continue;
        const rules = option.filter((symbol) => typeof symbol === "number");
        if (rules.length === 0) mark(rule);
        const production = { rule, missing: rules.length };
        for (const used of rules) {
          const there = uses.get(used);
          if (there === undefined) uses.set(used, [production]);
          else there.push(production);
        }
      }
    }
    for (const rule of found)
      for (const production of uses.get(rule) ?? []) if (--production.missing === 0) mark(production.rule);
    return nullable;
  }
}

function nameOf(expression: LarkExpression): string {
  if (expression.kind === "regex") return `/${expression.source}/${expression.flags}`;
  return expression.kind === "literal" ? `${JSON.stringify(expression.text)}i` : "a terminal";
}
