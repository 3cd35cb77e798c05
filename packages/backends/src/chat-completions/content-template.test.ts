import fc from "fast-check";
import { expect, test } from "vitest";
import { ContentTemplate } from "./content-template.ts";

const chunk = (content: string, model = "m") =>
  JSON.stringify({ id: "1", model, choices: [{ index: 0, delta: { content }, finish_reason: null }] });

function learnt(data: string, token: string): ContentTemplate {
  const template = new ContentTemplate();
  template.learn(data, token);
  return template;
}

test("a chunk that differs in its token alone needs no parsing", () => {
  expect(learnt(chunk("one"), "one").match(chunk("two"))).toBe("two");
  expect(learnt(chunk(""), "").match(chunk("two"))).toBe("two");
});

test("a chunk that differs elsewhere has to be parsed", () => {
  const template = learnt(chunk("one"), "one");
  expect(template.match(chunk("two", "other"))).toBeUndefined();
  expect(template.match(chunk("two").replace("null", '"stop"'))).toBeUndefined();
  expect(template.match("")).toBeUndefined();
});

test("a chunk with a second key of that name is no template", () => {
  const data = '{"x":{"content":"one"},"choices":[{"delta":{"content":"one"}}]}';
  expect(learnt(data, "one").match(data)).toBeUndefined();
});

test("what it reads is always what parsing reads", () => {
  const string = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('","content":"x', '"', "\\", '"}}],"content":"', "a"),
  );
  fc.assert(
    fc.property(string, string, string, (first, second, model) => {
      const data = chunk(second, model);
      const token = learnt(chunk(first, model), first).match(data);
      if (token !== undefined) expect(token).toBe(second);
    }),
    { numRuns: 2_000 },
  );
});

test("a server whose chunks all differ is soon left alone", () => {
  const template = new ContentTemplate();
  for (let n = 0; n < 100; n++) template.learn(chunk("x", `m${n}`), "x");
  expect(template.match(chunk("x", "m99"))).toBeUndefined();
});
