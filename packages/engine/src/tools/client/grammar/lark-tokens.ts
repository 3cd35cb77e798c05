import { GrammarFault } from "./grammar-fault.ts";

/** A token of a grammar in Lark's notation (Lark documentation, "Grammar Reference"). */
export interface LarkToken {
  type: "name" | "string" | "regex" | "number" | "mark" | "directive" | "newline" | "end";
  text: string;
  line: number;
}

const shapes: readonly [LarkToken["type"] | "space", RegExp][] = [
  ["space", /(?:[ \t\f]+|\/\/[^\n]*|#[^\n]*|\\\r?\n)/y],
  ["newline", /(?:\r?\n)+/y],
  ["directive", /%[a-z]+/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["string", /"(?:\\.|[^"\\\n])*"i?/y],
  ["regex", /\/(?!\/)(?:\\.|[^/\\\n])+\/[imslux]*/y],
  ["number", /\d+/y],
  ["mark", /->|\.\.|[:|()[\]?!*+~.,{}-]/y],
];

/** The tokens of a grammar, the last one being its end. Throws a {@link GrammarFault} for what is none. */
export function readLarkTokens(source: string): LarkToken[] {
  const tokens: LarkToken[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const token = tokenAt(source, at, line);
    if (token.type !== "space") tokens.push(token as LarkToken);
    at += token.text.length;
    line += token.text.split("\n").length - 1;
  }
  tokens.push({ type: "end", text: "", line });
  return tokens;
}

function tokenAt(source: string, at: number, line: number) {
  for (const [type, shape] of shapes) {
    shape.lastIndex = at;
    const text = shape.exec(source)?.[0];
    if (text !== undefined) return { type, text, line };
  }
  throw new GrammarFault(`line ${line}: unexpected '${source.slice(at, at + 10).split("\n")[0]}'`);
}
