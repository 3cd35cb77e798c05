import { expect, test } from "vitest";
import type { ResponseEvent, ResponseEventBody } from "./events.ts";
import { checkStream, GrammarError } from "./grammar.ts";
import type { OutputCompaction } from "./items.ts";
import { ending, number, opening } from "./testing/sample-streams.ts";

const added = { type: "compaction", id: "cmp_1", encrypted_content: "" } as const;
const place = { output_index: 0, item_id: "cmp_1" };

/** A stream of one compaction with these events between its `added` and its `done`. */
function stream(
  between: object[],
  done: object = { ...added, encrypted_content: "sealed" },
): ResponseEvent[] {
  return number([
    ...opening(),
    { type: "response.output_item.added", output_index: 0, item: added },
    ...between,
    { type: "response.output_item.done", output_index: 0, item: done },
    { type: "response.completed", response: ending("completed", [done as OutputCompaction]) },
  ] as ResponseEventBody[]);
}

const compacting = { type: "response.compaction.compacting", ...place };

test("a compaction is told of from its beginning to its end, whether it was cut short or not", () => {
  checkStream(stream([compacting]));
  checkStream(stream([]));
  checkStream(stream([compacting], added));
});

test.each([
  ["that begins twice", [compacting, compacting], undefined, "part-order"],
  ["with an event of another item", [{ ...compacting, item_id: "cmp_2" }], undefined, "item-match"],
  [
    "with an event of another kind",
    [{ ...place, type: "response.file_search_call.searching" }],
    undefined,
    "item-match",
  ],
  ["that is done under another id", [compacting], { ...added, id: "cmp_2" }, "identity"],
  ["with a status", [compacting], { ...added, status: "completed" }, "status"],
])("one %s is refused", (_name, between, done, rule) => {
  expect(() => checkStream(stream(between, done))).toThrow(GrammarError);
  expect(() => checkStream(stream(between, done))).toThrow(`${rule}: `);
});
