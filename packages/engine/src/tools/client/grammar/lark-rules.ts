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
/** Rules inside of rules. */
const maxDepth = 500;

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
    const options = expression.kind === "choice" ? expression.options : [expression];
    return options.map((option) => this.#toSequence(option));
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
    const symbol = this.#toSymbol(item);
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
    const isEmpty = (symbol: RuleSymbol) =>
      typeof symbol === "number" ? nullable[symbol] === true : symbol.empty;
    for (let changed = true; changed; ) {
      changed = false;
      // Rules come before those that they use.
      for (let rule = nullable.length - 1; rule >= 0; rule--) {
        const options = this.#productions[rule] ?? [];
        if (nullable[rule] || !options.some((option) => option.every(isEmpty))) continue;
        nullable[rule] = true;
        changed = true;
      }
    }
    return nullable;
  }
}

function nameOf(expression: LarkExpression): string {
  if (expression.kind === "regex") return `/${expression.source}/${expression.flags}`;
  return expression.kind === "literal" ? `${JSON.stringify(expression.text)}i` : "a terminal";
}
