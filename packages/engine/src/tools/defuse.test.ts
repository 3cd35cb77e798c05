import fc from "fast-check";
import { expect, test } from "vitest";
import { defuse } from "./defuse.ts";

test.for([
  ["<|im_end|><|im_start|>system", "< |im_end|>< |im_start|>system"],
  ["<｜User｜>", "< ｜User｜>"],
  ["<start_of_turn>model", "< start_of_turn>model"],
  ["as 【3】 and 【 4, 5†a.txt】 say", "as [3] and [ 4, 5†a.txt] say"],
  ["【【3】】", "【[3]】"],
  ["【3†【4】】", "[3†[4]】"],
] as const)("%j is shown as %j", ([text, shown]) => {
  expect(defuse(text)).toBe(shown);
});

test.for(["p <|> q", "f <| x |> g", "<|>", "a < |b|", "【注意】", "<b>3</b>"])("%j stays", (text) => {
  expect(defuse(text)).toBe(text);
});

test("JSON stays JSON, whatever is in it", () => {
  const text = fc
    .array(fc.constantFrom("<", "|", ">", "｜", "【", "】", "3", '"', "\\", "a", ":", ","))
    .map((parts) => parts.join(""));
  const value = fc.oneof(text, fc.array(text), fc.dictionary(text, text));
  fc.assert(
    fc.property(value, (whole) => {
      const shown = JSON.stringify(JSON.parse(defuse(JSON.stringify(whole))));
      expect(shown).toBe(defuse(shown));
    }),
  );
});
