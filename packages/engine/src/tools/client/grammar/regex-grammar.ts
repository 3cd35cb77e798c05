import { BoundedRegex } from "./bounded-regex.ts";
import type { InputGrammar } from "./input-grammar.ts";
import { longestInput } from "./longest-input.ts";
import { fromRegex, onlyOnce } from "./text-constraint.ts";
import { toJsonPattern } from "./to-json-pattern.ts";

/** A regular expression that all of an input has to match. */
export function openRegexGrammar(definition: string): InputGrammar {
  const regex = new BoundedRegex(definition);
  return {
    note: `The input must match this regular expression from beginning to end:\n${definition}`,
    pattern: toJsonPattern(definition),
    constraint: onlyOnce(() => fromRegex(definition)),
    async check(input, effort) {
      if (input.length > longestInput) return "undecided";
      const end = await effort.workThrough(regex.matchAt(input, 0, effort));
      if (end === undefined) return "undecided";
      if (end === input.length) return undefined;
      const place = end > 0 ? ` Its first ${end} characters match, what follows does not.` : "";
      return `The input does not match the regular expression.${place}`;
    },
  };
}
