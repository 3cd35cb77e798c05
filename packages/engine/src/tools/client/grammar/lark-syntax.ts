import { GrammarFault } from "./grammar-fault.ts";
import { readLarkLiteral } from "./lark-literal.ts";
import { type LarkToken, readLarkTokens } from "./lark-tokens.ts";

/** The right side of a rule or terminal. */
export type LarkExpression =
  | { kind: "name"; name: string }
  | { kind: "literal"; text: string; anyCase: boolean }
  | { kind: "regex"; source: string; flags: string }
  | { kind: "range"; from: string; to: string }
  | { kind: "sequence"; items: LarkExpression[] }
  | { kind: "choice"; options: LarkExpression[] }
  | { kind: "repeat"; item: LarkExpression; min: number; max: number };

/** A grammar as it is written. */
export interface LarkSyntax {
  /** Rules and terminals; the latter in capitals. Priorities and names of alternatives are read and left out: they choose between readings, and here any reading will do. */
  definitions: Map<string, LarkExpression>;
  /** What may stand between any two terminals. */
  ignored: LarkExpression[];
  /** Terminals of Lark's own collection, by the names they have here. */
  imported: Map<string, string>;
}

const maxRepeat = 1000;
const maxDepth = 100;

/** Reads a grammar in Lark's notation. Throws a {@link GrammarFault}; templates and imports of other files are refused. */
export function readLarkSyntax(source: string): LarkSyntax {
  return new LarkReader(readLarkTokens(source)).read();
}

/** True for the name of a terminal. */
export function isTerminalName(name: string): boolean {
  return /^_*[A-Z]/.test(name);
}

class LarkReader {
  readonly #tokens: readonly LarkToken[];
  #at = 0;
  #depth = 0;
  readonly #syntax: LarkSyntax = { definitions: new Map(), ignored: [], imported: new Map() };

  constructor(tokens: readonly LarkToken[]) {
    this.#tokens = tokens;
  }

  read(): LarkSyntax {
    for (;;) {
      // How trees are shaped is of no concern here.
      while (this.#take("?") || this.#take("!"));
      const token = this.#next();
      if (token.type === "end") return this.#syntax;
      if (token.type === "newline") continue;
      if (token.type === "directive") this.#readDirective(token);
      else if (token.type === "name") this.#readDefinition(token);
      else this.#fail(token);
      const end = this.#next();
      if (end.type === "end") return this.#syntax;
      if (end.type !== "newline") this.#fail(end);
    }
  }

  #readDefinition(token: LarkToken): void {
    const name = token.text;
    if (this.#peek().text === "{") throw new GrammarFault(`line ${token.line}: templates are not supported`);
    if (this.#take(".")) {
      this.#take("-");
      this.#expect("number");
    }
    if (!this.#take(":")) this.#fail(this.#peek());
    if (this.#syntax.definitions.has(name))
      throw new GrammarFault(`line ${token.line}: '${name}' is defined twice`);
    this.#syntax.definitions.set(name, this.#readChoice());
  }

  #readDirective(token: LarkToken): void {
    if (token.text === "%ignore") {
      this.#syntax.ignored.push(this.#readChoice());
      return;
    }
    if (token.text !== "%import")
      throw new GrammarFault(`line ${token.line}: ${token.text} is not supported`);
    const module = this.#next();
    if (module.text !== "common")
      throw new GrammarFault(`line ${module.line}: only 'common' can be imported from`);
    if (this.#take(".")) {
      const name = this.#expect("name").text;
      const alias = this.#take("->") ? this.#expect("name").text : name;
      this.#syntax.imported.set(alias, name);
      return;
    }
    if (!this.#take("(")) this.#fail(this.#peek());
    do {
      const name = this.#expect("name").text;
      this.#syntax.imported.set(name, name);
    } while (this.#take(","));
    if (!this.#take(")")) this.#fail(this.#peek());
  }

  /** Alternatives; a new line may begin with `|`. */
  #readChoice(): LarkExpression {
    if (++this.#depth > maxDepth) throw new GrammarFault("it is nested too deeply");
    const options = [this.#readSequence()];
    for (;;) {
      this.#skipLinesBefore("|");
      if (!this.#take("|")) break;
      options.push(this.#readSequence());
    }
    this.#depth--;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: "choice", options };
  }

  #readSequence(): LarkExpression {
    const items: LarkExpression[] = [];
    for (;;) {
      const { type, text } = this.#peek();
      if (type === "string" || type === "regex" || type === "name" || text === "(" || text === "[")
        items.push(this.#readRepeat());
      else break;
    }
    if (this.#take("->")) this.#expect("name");
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: "sequence", items };
  }

  #readRepeat(): LarkExpression {
    const item = this.#readAtom();
    if (this.#take("?")) return { kind: "repeat", item, min: 0, max: 1 };
    if (this.#take("*")) return { kind: "repeat", item, min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { kind: "repeat", item, min: 1, max: Number.POSITIVE_INFINITY };
    if (!this.#take("~")) return item;
    const min = this.#readCount();
    const max = this.#take("..") ? this.#readCount() : min;
    if (max < min) throw new GrammarFault(`line ${this.#peek().line}: a repetition ends before it begins`);
    return { kind: "repeat", item, min, max };
  }

  #readCount(): number {
    const { text, line } = this.#expect("number");
    if (Number(text) > maxRepeat) throw new GrammarFault(`line ${line}: more than ${maxRepeat} repetitions`);
    return Number(text);
  }

  #readAtom(): LarkExpression {
    const token = this.#next();
    if (token.text === "(" && token.type === "mark") return this.#readGroup(")");
    if (token.text === "[" && token.type === "mark")
      return { kind: "repeat", item: this.#readGroup("]"), min: 0, max: 1 };
    if (token.type === "name") {
      if (this.#peek().text === "{")
        throw new GrammarFault(`line ${token.line}: templates are not supported`);
      return { kind: "name", name: token.text };
    }
    if (token.type === "regex") {
      const end = token.text.lastIndexOf("/");
      return { kind: "regex", source: token.text.slice(1, end), flags: token.text.slice(end + 1) };
    }
    const literal = readLarkLiteral(token);
    if (!this.#take("..")) return literal;
    const to = readLarkLiteral(this.#expect("string"));
    if ([...literal.text].length !== 1 || [...to.text].length !== 1)
      throw new GrammarFault(`line ${token.line}: a range goes from one character to another`);
    return { kind: "range", from: literal.text, to: to.text };
  }

  #readGroup(end: ")" | "]"): LarkExpression {
    this.#skipLines();
    const inside = this.#readChoice();
    this.#skipLines();
    if (!this.#take(end)) this.#fail(this.#peek());
    return inside;
  }

  #peek(): LarkToken {
    return this.#tokens[this.#at] as LarkToken;
  }

  #next(): LarkToken {
    const token = this.#peek();
    if (token.type !== "end") this.#at++;
    return token;
  }

  #take(mark: string): boolean {
    const { type, text } = this.#peek();
    if (type !== "mark" || text !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(type: LarkToken["type"]): LarkToken {
    const token = this.#next();
    if (token.type !== type) this.#fail(token);
    return token;
  }

  #skipLines(): void {
    while (this.#peek().type === "newline") this.#at++;
  }

  #skipLinesBefore(mark: string): void {
    const after = this.#tokens[this.#at + 1];
    if (this.#peek().type === "newline" && after?.type === "mark" && after.text === mark) this.#at++;
  }

  #fail({ type, text, line }: LarkToken): never {
    const what = type === "end" ? "end" : type === "newline" ? "end of line" : `'${text}'`;
    throw new GrammarFault(`line ${line}: unexpected ${what}`);
  }
}
