// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import { describe, expect, test } from "vitest";
import { substitute } from "./substitute.ts";

const env = { NAME: "value", EMPTY: "", TRICK: "${NAME}" };

function replaced(text: string): { text: string; problems: string[] } {
  const problems: string[] = [];
  return { text: substitute(text, env, (message) => problems.push(message)), problems };
}

describe("variables in a text", () => {
  test.for([
    ["${NAME}", "value"],
    ["a ${NAME}-${NAME} b", "a value-value b"],
    ["${EMPTY}", ""],
    ["${EMPTY:-fallback}", "fallback"],
    ["${OTHER:-http://x:80/v1}", "http://x:80/v1"],
    ["${OTHER:-}", ""],
    ["$${NAME}", "${NAME}"],
    ["$NAME $1 {NAME}", "$NAME $1 {NAME}"],
    ["${TRICK}", "${NAME}"],
  ] as const)("%s becomes %s", ([text, expected]) => {
    expect(replaced(text)).toEqual({ text: expected, problems: [] });
  });

  test("that are not set and have no default are reported, each of them", () => {
    expect(replaced("${ONE} ${TWO}").problems).toEqual([
      "the environment variable ONE is not set; set it or write ${ONE:-default}",
      "the environment variable TWO is not set; set it or write ${TWO:-default}",
    ]);
  });

  test.for(["${", "${}", "${NAME", "${a b}", "${1X}", "${NAME-x}"])(
    "%s is reported as no variable",
    (text) => {
      expect(replaced(text)).toEqual({ text, problems: [expect.stringContaining("starts a variable")] });
    },
  );
});
