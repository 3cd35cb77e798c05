import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { estimateSize } from "./regex-size.ts";

test.each([
  ["abc", 3],
  ["(a|b){3}", 6],
  ["[a-z]{1,1000}x*", 1001],
  ["((ab[cd]){20}e){5}", 305],
  ["\\pL{10}\\p{Greek}\\x{41}x", 13],
  ["\\Qa(\\E{3}", 3],
  ["[]a]{3}[^]]{2}[[:alpha:]x]{4}", 9],
  ["(?P<name>a){4}(?i:b){2}", 6],
  ["(a{3,}){2}", 6],
  ["(?:^a){7}$", 7],
  ["😀{4}", 4],
])("the size of %s is %i, which is no more than what it is compiled to", (source, size) => {
  expect(estimateSize(source)).toBe(size);
  expect(RE2JS.compile(source).programSize()).toBeGreaterThan(size);
});

test.each(["[", "(", "\\Q", "{1", "[\\", "(?P<a", "\\p{", "[[:", ")", "[[:a:]"])(
  "the size of what is no expression is found at once, too: %s",
  (part) => {
    expect(estimateSize(part.repeat(10_000))).toBeLessThan(100_000);
  },
);
