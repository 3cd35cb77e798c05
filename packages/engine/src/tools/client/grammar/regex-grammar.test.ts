import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Effort } from "./effort.ts";
import { GrammarFault } from "./grammar-fault.ts";
import { openRegexGrammar } from "./regex-grammar.ts";
import { toJsonPattern } from "./to-json-pattern.ts";

describe("a regular expression as a grammar", () => {
  test("has to match all of the input", async () => {
    const grammar = openRegexGrammar("[0-9]{4}-[0-9]{2}|now");
    expect(await grammar.check("2026-11", new Effort())).toBeUndefined();
    expect(await grammar.check("now", new Effort())).toBeUndefined();
    expect(await grammar.check("2026-11-01", new Effort())).toBe(
      "The input does not match the regular expression. Its first 7 characters match, what follows does not.",
    );
    expect(await grammar.check("x", new Effort())).toBe("The input does not match the regular expression.");
  });

  test.each([
    "(?=a)b",
    "(a)\\1",
    "(",
    "a{2000}",
    "((ab[cd]){20}e){500}",
    "ab".repeat(6000),
    "[a-z]{1000}".repeat(900),
  ])("%s cannot be read", (definition) => {
    expect(() => openRegexGrammar(definition)).toThrow(GrammarFault);
  });

  test("that backtracking engines never end with is decided at once", async () => {
    expect(await openRegexGrammar("(a+)+b").check("a".repeat(50_000), new Effort())).toContain(
      "does not match",
    );
    expect(await openRegexGrammar("(a|aa)*").check("a".repeat(50_000), new Effort())).toBeUndefined();
  });

  test("that is too large for an input leaves it undecided", async () => {
    expect(await openRegexGrammar("(a|b)*a(a|b){900}").check("ab".repeat(50_000), new Effort())).toBe(
      "undecided",
    );
  });
});

describe("the same as a pattern of JSON Schema", () => {
  test.each([
    ["[0-9]+", "^([0-9]+)$"],
    ["^a|b$", "^(a|b)$"],
    ["\\d{3}-\\w", "^([0-9]{3}-[A-Za-z0-9_])$"],
    ["[\\d.]\\.", "^([0-9.]\\.)$"],
    ["[\\-+]?a\\/b", "^([\\-+]?a/b)$"],
  ])("%s is %s", (regex, pattern) => {
    expect(toJsonPattern(regex)).toBe(pattern);
  });

  test.each([
    "a.b",
    "[^a]",
    "[ -~]",
    "[A-z]",
    "a\\n",
    "\\s",
    "\\\\",
    "(?i)a",
    "(?:a)",
    "a*?",
    "\\bword",
    "a$b",
    'say "x"',
    "é",
    "\\p{L}",
    "[[:alpha:]]",
    "\\",
  ])("%s is left out, since servers read it differently", (regex) => {
    expect(toJsonPattern(regex)).toBeUndefined();
  });

  test("means the same", () => {
    const regexes = fc.constantFrom("[0-9]+", "a|b", "\\d{2}-\\w*", "(x|yz)+\\.", "[a-c]?z*", "[\\w-]+");
    const texts = fc.string({
      unit: fc.constantFrom("0", "7", "a", "b", "x", "y", "z", ".", "-", " ", "_"),
      maxLength: 6,
    });
    fc.assert(
      fc.property(regexes, texts, (regex, text) => {
        const pattern = new RegExp(toJsonPattern(regex) as string);
        expect(pattern.test(text)).toBe(new RegExp(`^(?:${regex})$`).test(text));
      }),
    );
  });
});
