import type { InputGrammar } from "./input-grammar.ts";
import { toLarkRules } from "./lark-rules.ts";
import { readLarkSyntax } from "./lark-syntax.ts";
import { longestInput } from "./longest-input.ts";
import { recognise } from "./recognise.ts";
import { fromLark, onlyOnce } from "./text-constraint.ts";

/** Things to name when a text goes astray. */
const maxExpected = 8;

/** A grammar in Lark's notation. Throws a {@link GrammarFault} where it cannot be read. */
export function openLarkGrammar(definition: string): InputGrammar {
  const rules = toLarkRules(readLarkSyntax(definition));
  return {
    note: `The input must follow this grammar (in the notation of Lark):\n${definition}`,
    constraint: onlyOnce(() => fromLark(definition)),
    async check(input, effort) {
      if (input.length > longestInput) return "undecided";
      const found = await effort.workThrough(recognise(rules, input, effort));
      if (found === undefined || found.kind === "undecided") return "undecided";
      if (found.kind === "whole") return undefined;
      const { at, expected } = found;
      const lines = input.slice(0, at).split("\n");
      const place = `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
      const got = at >= input.length ? "the end of the input" : JSON.stringify(input.slice(at, at + 20));
      const names = expected.slice(0, maxExpected).join(", ");
      const wanted = names === "" ? "the end of the input" : names;
      return `The input does not follow the grammar: at ${place} there is ${got}, expected ${wanted}.`;
    },
  };
}
