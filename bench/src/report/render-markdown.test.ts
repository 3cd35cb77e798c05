import { expect, test } from "vitest";
import { renderMarkdown } from "./render-markdown.ts";
import { atLeast, atMost, renderNumber } from "./topic-report.ts";

test("a topic becomes a table of targets and a table of goals", () => {
  const text = renderMarkdown({
    title: "Rates",
    note: "How it was measured.",
    columns: ["target", "answers/s"],
    rows: [
      ["translator", "2,500"],
      ["gateway", undefined],
    ],
    goals: [
      atLeast("of the translator's rate", 0.65, 0.7),
      atMost("added", 0.55, 0.61, "ms"),
      atMost("Envoy", 2, undefined, "ms"),
    ],
    raw: {},
  });
  expect(text).toBe(`## Rates

How it was measured.

| target     | answers/s |
| ---------- | --------: |
| translator |     2,500 |
| gateway    |         - |

| goal                     | wanted          | reached      | met    |
| ------------------------ | --------------- | ------------ | ------ |
| of the translator's rate | at least 0.65   | 0.70         | yes    |
| added                    | at most 0.55 ms | 0.61 ms      | **no** |
| Envoy                    | at most 2.00 ms | not measured | -      |
`);
});

test("numbers keep the digits that tell something", () => {
  expect([12_345.6, 123.4, 12.34, 1.234, 0.034].map(renderNumber)).toEqual([
    "12,346",
    "123",
    "12.3",
    "1.23",
    "0.03",
  ]);
  expect(renderNumber(undefined)).toBeUndefined();
});
