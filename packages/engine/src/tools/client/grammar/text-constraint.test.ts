import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Effort } from "./effort.ts";
import { openLarkGrammar } from "./lark-grammar.ts";
import { openRegexGrammar } from "./regex-grammar.ts";
import { GbnfMatcher } from "./testing/gbnf-matcher.ts";
import { fromLark, type TextConstraint } from "./text-constraint.ts";

/** The constraint of a grammar that has one. */
function known(constraint: TextConstraint | undefined): TextConstraint {
  if (constraint === undefined) throw new Error("there is no constraint");
  return constraint;
}

const calculation = `
  ?start: sum | NAME "=" sum -> assign
  ?sum: product | sum "+" product | sum "-" product
  ?product: atom | product ("*" | "/") atom
  ?atom: NUMBER | "-" atom | NAME | "(" sum ")"
  %import common.CNAME -> NAME
  %import common.NUMBER
  %import common.WS_INLINE
  %ignore WS_INLINE
`;

describe("a regular expression is written as a grammar", () => {
  test.each([
    ["\\d{3}-[a-c]{1,4}x", 'root ::= [0-9]{3} "-" [a-c]{1,4} "x"'],
    ["^a|b$", "root ::= [a-b]"],
    ["^(yes|no)$", 'root ::= "yes" | "no"'],
    ["[^\\n]+", "root ::= [\\u0001-\\u0009\\u000B-\\uD7FF\\uE000-\\U0010FFFF]+"],
    ["(?i)ab.", "root ::= [Aa] [Bb] [\\u0001-\\u0009\\u000B-\\uD7FF\\uE000-\\U0010FFFF]"],
    ["(?s).", "root ::= [\\u0001-\\uD7FF\\uE000-\\U0010FFFF]"],
    ['say "é\\x41\\\\"', 'root ::= "say \\u0022\\u00E9A\\u005C\\u0022"'],
    ["x?|y{2,}", 'root ::= "x"? | "y"{2,}'],
    ["(?P<year>\\d{4})(?:-\\w+)?", 'root ::= [0-9]{4} ("-" [0-9A-Z\\u005Fa-z]+)?'],
    ["(a*)*", 'root ::= ("a"+)*'],
    ["[\\]\\-a]{3}{", 'root ::= [\\u002D\\u005Da]{3} "{"'],
  ])("%s", (regex, gbnf) => {
    expect(openRegexGrammar(regex).constraint()).toMatchObject({ gbnf, exact: true });
  });

  test.each([
    "a\\b",
    "a^b",
    "(a$|b)c",
    "\\pL",
    "[[:alpha:]]",
    "\\Qa\\E",
    "(?m)^a$",
    "(?i)[^\\x{17F}]",
    "a$?",
  ])("but not %s", (regex) => {
    expect(openRegexGrammar(regex).constraint()).toBeUndefined();
  });
});

describe("a grammar in Lark's notation is written in GBNF", () => {
  test("without the recursion on the left that servers refuse", () => {
    const { gbnf, exact } = known(fromLark(calculation));
    expect(gbnf).toContain("r1 ::= r2 (r6 r2 | r7 r2)*");
    expect(exact).toBe(true);
    const matcher = new GbnfMatcher(gbnf);
    for (const text of ["1", "x = 2 * -(3 - y)", "a+b-c*4/2"]) expect(matcher.matches(text), text).toBe(true);
    for (const text of ["", "1+", "(1", "x = = 1"]) expect(matcher.matches(text), text).toBe(false);
  });

  test.each([
    ["start: item+\nitem: start? WORD\nWORD: /[a-z]+ /"],
    ["start: start"],
    ['start: a "x"\na: b?\nb: start'],
    ["start: item*\nitem: WORD?\nWORD: /[a-z]/"],
  ])("but not where rules run in circles: %s", (grammar) => {
    expect(openLarkGrammar(grammar).constraint()).toBeUndefined();
  });

  test("with some of the white space that is ignored, and never without end", () => {
    const ignoring = (what: string) =>
      known(fromLark(`start: "a" "b"\n%ignore ${what}`))
        .gbnf.split("\n")
        .at(-1);
    expect(ignoring("/\\s+/")).toBe('r2 ::= "b" (" " | "\\u000A" [\\u0009\\u0020]{0,20})?');
    expect(ignoring('" "')).toBe('r2 ::= "b" " "?');
    expect(ignoring("/\\n/")).toBe('r2 ::= "b" "\\u000A"?');
    expect(ignoring("/#[^\\n]*/")).toBe('r2 ::= "b"');
  });

  test.each([
    [true, 'start: "go " /[a-z]+/'],
    [true, 'start: /.+/ "\\n" /.*/ "\\n"'],
    [true, "start: ESCAPED_STRING+\n%import common.ESCAPED_STRING"],
    [true, 'start: NUMBER ("+" NUMBER)*\n%import common (NUMBER, WS)\n%ignore WS'],
    [false, 'start: /[a-z]+/ "z"'],
    [false, 'start: /[a-z]+/ mark? "z"\nmark: "!"'],
    [false, "start: NUMBER NUMBER\n%import common.NUMBER"],
    [false, "start: word+\nword: /[a-z]+/"],
    [false, 'start: /a*?/ "b"'],
    [false, 'start: "SELECT" CNAME "FROM" CNAME\n%import common (CNAME, WS)\n%ignore WS'],
    [false, 'start: "a" "\\n"\n%import common.WS\n%ignore WS'],
  ])("and says whether terminals end where they are meant to (%s): %s", (exact, grammar) => {
    expect(openLarkGrammar(grammar).constraint()?.exact).toBe(exact);
  });

  test("and knows how a text begins", () => {
    const { mayBegin } = known(fromLark(calculation));
    expect(["1", "x", "(", " ", "-", "+", "```", "Sure"].map(mayBegin)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  test.each([
    ['start: start item | item\nitem: "a" item* "b"? | "a" item* "c"?', undefined],
    ['start: "x" start "y" | "x" start "z" | "w"', undefined],
    ["start: /(a|b)*a(a|b){3}/", true],
    ['start: value\nvalue: NAME | NAME "(" value ")"\nNAME: /[a-z]+/', true],
  ])("unless a server would have to read a text in too many ways at once: %s", (grammar, exact) => {
    expect(openLarkGrammar(grammar).constraint()?.exact).toBe(exact);
  });

  const nested = (times: number, wrap: (inner: string) => string) => {
    let written = "a?";
    for (let time = 0; time < times; time++) written = wrap(written);
    return written;
  };

  // Each of these takes many seconds, or all of the memory, where it is written out before it is measured.
  test.each([
    ["options in a repetition, a great many", `(${"a?b?c?".repeat(1500)})*`],
    ["options in repetitions, nested", `${nested(80, (inner) => `(?:${inner}b?)*`)}c`],
    ["alternatives in repetitions, nested", nested(90, (inner) => `(?:${inner}|b?)*`)],
    [
      "classes that overlap with none",
      Array.from({ length: 390 }, (_, n) => `[${String.fromCodePoint(256 + 2 * n, 1280 + 3 * n)}]*`).join(""),
    ],
    ["options without end", "a*".repeat(4900)],
  ])("unless it grows too large while it is written: %s", (_name, regex) => {
    expect(openRegexGrammar(regex).constraint()).toBeUndefined();
  });

  test("of a class of very many characters", () => {
    const chars = Array.from({ length: 4900 }, (_, n) => String.fromCodePoint(0x4e00 + 2 * n)).join("");
    expect(openRegexGrammar(`[${chars}]`).constraint()?.mayBegin("\u4e02")).toBe(true);
    expect(openRegexGrammar(`[${chars}]`).constraint()?.mayBegin("\u4e03")).toBe(false);
  });

  test("of rules that go back one by one, as deep as they may be", () => {
    const rules = Array.from({ length: 3000 }, (_, n) => `r${n + 1}: r${n}`);
    const names = Array.from({ length: 3000 }, (_, n) => `r${n}`).join(" ");
    const grammar = `start: "x" ${names} | r3000\nr0: "q"\n${rules.join("\n")}`;
    expect(openLarkGrammar(grammar).constraint()?.exact).toBe(true);
  });

  test("unless it would be too long to be sent", () => {
    const words = Array.from({ length: 2_000 }, (_, index) => `"word ${index} of a long list of words"`);
    expect(openLarkGrammar(`start: ${words.join(" | ")}`).constraint()).toBeUndefined();
  });
});

/** Texts that the grammars below are about. */
const texts = fc.string({
  unit: fc.constantFrom(...'abz019+-*(). \n"\\x,é'),
  maxLength: 9,
});

const atoms = fc.constantFrom(
  "a",
  "[ab]",
  "[^a]",
  ".",
  "\\d",
  "\\W",
  "x?",
  "z*",
  "b+",
  "(a|bz)",
  "(?:0|1){1,2}",
  "(a*b?)*",
  "\\.",
  "é",
  "(?i:B)",
  "[+*-]",
);
const regexes = fc
  .array(fc.array(atoms, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((options) => options.map((option) => option.join("")).join("|"));

test("a regular expression and its grammar take the same texts", async () => {
  await fc.assert(
    fc.asyncProperty(regexes, texts, async (regex, text) => {
      const grammar = openRegexGrammar(regex);
      const matcher = new GbnfMatcher(known(grammar.constraint()).gbnf);
      expect(matcher.matches(text)).toBe((await grammar.check(text, new Effort())) === undefined);
    }),
    { numRuns: 500 },
  );
});

const symbols = fc.constantFrom(
  '"a"',
  '"b"i',
  '"ab"',
  "/[ab]+/",
  "/[^a]/",
  "/z?/",
  "/a.b/",
  '"0".."9"',
  "INT",
  "item",
  "item?",
  "pair~1..2",
  '(item | "+")',
  '["z"]',
  '("x" item)*',
);
const rule = fc
  .array(fc.array(symbols, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((options) => options.map((option) => option.join(" ")).join(" | "));
const grammars = fc
  .record({ start: rule, item: rule, pair: rule, spaces: fc.boolean() })
  .map(
    ({ start, item, pair, spaces }) =>
      `start: ${start}\nitem: ${item}\npair: ${pair}\nINT: /[0-9]+/\n${spaces ? "%ignore /[ \\n]+/\n" : ""}`,
  );

test("what an exact grammar lets a model write passes the check, and without white space what passes can be written", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(grammars, fc.array(texts, { minLength: 4, maxLength: 4 }), async (source, samples) => {
      const grammar = openLarkGrammar(source);
      const constraint = grammar.constraint();
      if (constraint === undefined) return;
      const matcher = new GbnfMatcher(constraint.gbnf);
      for (const text of [...samples, "", "a", "ab", "0", "aba"]) {
        const passes = (await grammar.check(text, new Effort())) === undefined;
        const written = matcher.matches(text);
        if (constraint.exact && written) expect(passes, `${source}\n${JSON.stringify(text)}`).toBe(true);
        if (!/[ \n]/.test(text) && passes) expect(written, `${source}\n${JSON.stringify(text)}`).toBe(true);
        if (written) expect(constraint.mayBegin(text)).toBe(true);
        if (written && passes) compared++;
      }
    }),
    { numRuns: 600 },
  );
  expect(compared).toBeGreaterThan(200);
});
