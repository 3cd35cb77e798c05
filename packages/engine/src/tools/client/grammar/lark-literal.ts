import { GrammarFault } from "./grammar-fault.ts";
import type { LarkToken } from "./lark-tokens.ts";

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  f: "\f",
  v: "\v",
  b: "\b",
  "0": "\0",
};

/** The text of a token that is a string. Throws a {@link GrammarFault} for an empty one. */
export function readLarkLiteral({ text, line }: LarkToken): {
  kind: "literal";
  text: string;
  anyCase: boolean;
} {
  const anyCase = text.endsWith("i");
  const inside = text.slice(1, anyCase ? -2 : -1);
  if (inside === "") throw new GrammarFault(`line ${line}: an empty string`);
  const read = inside.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g,
    (whole, x?: string, u?: string, char?: string) => {
      const hex = x ?? u;
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return escapes[char ?? ""] ?? (/[\\"'/]/.test(char ?? "") ? (char ?? "") : whole);
    },
  );
  return { kind: "literal", text: read, anyCase };
}
