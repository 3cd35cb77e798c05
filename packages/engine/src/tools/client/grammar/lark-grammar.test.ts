import { describe, expect, test } from "vitest";
import { Effort } from "./effort.ts";
import { GrammarFault } from "./grammar-fault.ts";
import { openLarkGrammar } from "./lark-grammar.ts";
import { longestInput } from "./longest-input.ts";

/** What is wrong with a text; undefined where nothing is. */
function fault(grammar: string, text: string, effort = new Effort()): Promise<string | undefined> {
  return openLarkGrammar(grammar).check(text, effort);
}

async function takes(grammar: string, texts: readonly string[], refuses: readonly string[]): Promise<void> {
  for (const text of texts) expect(await fault(grammar, text), JSON.stringify(text)).toBeUndefined();
  for (const text of refuses)
    expect(await fault(grammar, text), JSON.stringify(text)).toContain("does not follow");
}

/** A grammar for patches as coding agents send it. */
const patchGrammar = `
start: begin hunk+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?

hunk: add | remove | update
add: "*** Add File: " filename LF added+
remove: "*** Delete File: " filename LF
update: "*** Update File: " filename LF move? change?

filename: /(.+)/
added: "+" /(.*)/ LF -> line

move: "*** Move to: " filename LF
change: (context | changed)+ eof?
context: ("@@" | "@@ " /(.+)/) LF
changed: ("+" | "-" | " ") /(.*)/ LF
eof: "*** End of File" LF

%import common.LF
`;

describe("a grammar in Lark's notation", () => {
  test("for patches", async () => {
    await takes(
      patchGrammar,
      [
        "*** Begin Patch\n*** Add File: a.txt\n+one\n+\n*** End Patch",
        "*** Begin Patch\n*** Delete File: a b.txt\n*** End Patch\n",
        "*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@ def f():\n-x\n+y\n \n@@\n+z\n*** End of File\n*** End Patch",
      ],
      [
        "",
        "*** Begin Patch\n*** End Patch",
        "*** Begin Patch\n*** Add File: a.txt\none\n*** End Patch",
        "*** Begin Patch\n*** Add File: a.txt\n+one\n",
        "```\n*** Begin Patch\n*** Delete File: a\n*** End Patch\n```",
      ],
    );
  });

  test("for arithmetic with spaces", async () => {
    const grammar = `
      start: expr
      ?expr: term (("+" | "-") term)*
      ?term: factor (SP? ("*" | "/") SP? factor)*
      factor: NUMBER | "(" expr ")" // brackets
      SP: " "
      %import common.NUMBER
      %import common (WS, INT)
      %ignore WS
    `;
    await takes(grammar, ["1", "1+2*3", " ( 1 + 2.5 ) * 3 - 4e2 "], ["1+", "(1", "1 2", "x"]);
  });

  test("with recursion on either side, and none that ends", async () => {
    await takes('start: start "a" | "a"', ["a", "aaa"], ["", "ab"]);
    await takes('start: "a" start | "a"', ["a", "aaa"], ["", "b"]);
    await takes('start: "a" start "b" |', ["", "aabb"], ["aab", "ba"]);
    await takes('start: start start | "a"', ["a", "aaaaaa"], ["", "b"]);
    await takes("start: start", [], ["", "a"]);
  });

  test("with recursion on the right, by way of other rules and of nothing, and with more behind it", async () => {
    await takes('start: start | "a" start | "a"', ["a", "aaa"], ["", "b"]);
    await takes('start: a\na: "a" b\nb: c\nc: a | "c"', ["ac", "aaac"], ["", "a", "c", "aca"]);
    await takes('start: list "!"\nlist: "a" list |', ["!", "aaa!"], ["", "aaa", "aa!a"]);
    await takes(
      'start: "a" start | "b" start start | "c"',
      ["c", "aac", "bcc", "abacbcc"],
      ["", "bc", "ccc"],
    );
    await takes('start: none "a" start | "a"\nnone: ', ["a", "aaa"], ["", "ab"]);
    await takes('start: "a" start "b"? | "a"', ["a", "aaab", "aaabb"], ["aaabbb", "b"]);
  });

  test("with repetitions, options and ranges", async () => {
    await takes('start: "a"~2 "b"~1..3 ["c"] "0".."9"', ["aab1", "aabbbc9"], ["ab1", "aabbbb1", "aab"]);
    await takes('start: ("x" | "y")* "z"?', ["", "xyz", "yy"], ["zz"]);
    await takes('start: A\nA: "a"~2..3', ["aa", "aaa"], ["a", "aaaa"]);
  });

  test("with flags, escapes and priorities", async () => {
    await takes('start: "select"i " " NAME\nNAME.2: /[a-z]+/i', ["SELECT Abc"], ["sel x"]);
    await takes('start: "a\\n\\"\\u00e9" /b.c/s', ['a\n"éb\nc'], ['a\n"ébc']);
    await takes('start: /a\\/b/ | "c" -> see\n     | "d"', ["a/b", "c", "d"], ["a"]);
  });

  test("in which a terminal is read as far as it goes", async () => {
    await takes('start: WORD "!"\nWORD: /[a-z]+/', ["abc!"], ["!"]);
    await takes('start: /[a-z]+/ "z"', [], ["abz"]);
    await takes('start: /a*?/ "ab"', ["ab"], ["b"]);
  });

  test.each([
    ["no start", 'begin: "a"', "there is no rule 'start'"],
    ["a rule that is not there", "start: other", "the rule 'other' is not defined"],
    ["a terminal that is not there", "start: OTHER", "'OTHER' is not defined"],
    ["a terminal that contains itself", 'start: A\nA: "a" A', "contains itself"],
    ["a template", 'start: many{"a"}', "templates are not supported"],
    ["another module", "start: A\n%import python.A", "only 'common'"],
    ["an unknown import", "start: A\n%import common.A", "'A' is not defined"],
    ["look-ahead", "start: /a(?=b)/", "(?="],
    ["an unfinished group", 'start: ("a"', "unexpected end"],
    ["something else", "start: §", "unexpected '§'"],
    ["the same name twice", 'start: "a"\nstart: "b"', "defined twice"],
    ["too many repetitions", 'start: "a"~5000', "more than 1000 repetitions"],
    ["a great many symbols", `start: ${'"a"~1000 '.repeat(25)}`, "too large"],
    [
      "rules without end",
      `start: a0\n${Array.from({ length: 5000 }, (_, n) => `a${n}: a${n + 1}`).join("\n")}`,
      "nested too deeply",
    ],
    [
      "terminals without end",
      `start: A0\n${Array.from({ length: 5000 }, (_, n) => `A${n}: A${n + 1}`).join("\n")}`,
      "nested too deeply",
    ],
    [
      "terminals that double",
      `start: A0\n${Array.from({ length: 40 }, (_, n) => `A${n}: A${n + 1} A${n + 1}`).join("\n")}\nA40: "a"`,
      "too long",
    ],
    ["a terminal that is too large", `start: /(${"[ab]c".repeat(15)}){1000}/`, "too large"],
    [
      "rules that are deep in groups without end",
      `start: a0\n${Array.from({ length: 300 }, (_, n) => `a${n}: ${"(".repeat(90)}a${n + 1}${")*".repeat(90)}`).join("\n")}`,
      "nested too deeply",
    ],
    [
      "terminals that are deep in groups without end",
      `start: A0\n${Array.from({ length: 90 }, (_, n) => `A${n}: ${"(".repeat(90)}A${n + 1}${")*".repeat(90)}`).join("\n")}`,
      "nested too deeply",
    ],
    ["groups without end", `start: ${"(".repeat(5000)}`, "nested too deeply"],
  ])("cannot be read with %s", (_name, grammar, message) => {
    expect(() => openLarkGrammar(grammar)).toThrow(GrammarFault);
    expect(() => openLarkGrammar(grammar)).toThrow(message);
  });

  test("says where a text goes astray, and what was expected there", async () => {
    expect(await fault(patchGrammar, "*** Begin Patch\n*** Add File: a.txt\none\n")).toBe(
      'The input does not follow the grammar: at line 3, column 1 there is "one\\n", expected "+".',
    );
    expect(await fault('start: "a"', "")).toContain("there is the end of the input");
    expect(await fault('start: "a"', "ab")).toContain("expected the end of the input");
  });

  test("names the place behind what is ignored, where something else was expected", async () => {
    expect(await fault('start: "a" "b"\n%ignore " "', "a   c")).toContain(
      'line 1, column 5 there is "c", expected "b"',
    );
  });

  test.each([
    ["what is ignored again and again", "start: A*\nA: /[a-z]/\n%ignore /[a-y]/", "a"],
    ["recursion on the left", 'start: start "a" | "a"', "a"],
    ["recursion on the right", 'start: "a" start | "a"', "a"],
    ["recursion on the right that may end anywhere", 'start: "a" start |', "a"],
    [
      "recursion on the right over several rules",
      'start: lines\nlines: line | line more\nmore: lines\nline: "a"',
      "a",
    ],
    ["recursion on the right over blanks", 'start: "a" start | "a"\n%ignore " "', "a "],
  ])("takes %s in steps that grow with the text", async (_name, grammar, unit) => {
    const steps = async (length: number) => {
      const effort = new Effort();
      expect(await fault(grammar, unit.repeat(length), effort)).toBeUndefined();
      return effort.steps;
    };
    expect(await steps(20_000)).toBeLessThan((await steps(2_000)) * 11);
  });

  test.each([
    ['start: start start start | "a" |', "a".repeat(3000)],
    ["start: A\nA: /[a-z]*[A-Z]/\n%ignore /[a-y]/", "a".repeat(20_000)],
    ['start: (A|B)*\nB: "a"\nA: /(([a-z]{1,30}){1,30}[0-9]?)*Z/', "a".repeat(1500)],
    ["start: A\nA: /(([a-z]{1,30}){1,30}[0-9]?)*Z/", "a".repeat(100_000)],
    [`start: ("${"a".repeat(30_000)}" | "a")*`, "a".repeat(500_000)],
    ['start: "a" start "b"? | "a"', "a".repeat(20_000)],
  ])(
    "leaves undecided what would take too long, and never stays at it for long: %s",
    async (grammar, text) => {
      // A clock that goes on by a millisecond at each look.
      let looks = 0;
      const effort = new Effort({ steps: 3_000_000, now: () => looks++ });
      expect(await fault(grammar, text, effort)).toBe("undecided");
      expect(effort.steps).toBeLessThan(3_200_000);
      expect(looks).toBeGreaterThan(effort.steps / 100_000);
    },
  );

  test("of a text that is longer than any that is checked is undecided at once", async () => {
    const effort = new Effort();
    expect(await fault("start: /a*/", "a".repeat(longestInput), effort)).toBeUndefined();
    const { steps } = effort;
    expect(await fault("start: /a*/", "a".repeat(longestInput + 1), effort)).toBe("undecided");
    expect(effort.steps).toBe(steps);
  });
});
