import { expect, test } from "vitest";
import type { ResponseEvent, ResponseEventBody } from "./events.ts";
import { checkStream, type GrammarRule } from "./grammar.ts";
import type { OutputFileSearchCall } from "./items.ts";
import { ending, number, opening } from "./testing/sample-streams.ts";
import { cut, find, set } from "./testing/stream-mutations.ts";

const item: OutputFileSearchCall = {
  type: "file_search_call",
  id: "fs_1",
  status: "completed",
  queries: ["cats"],
  results: null,
};

/** A response of one search. */
function searchStream(): ResponseEvent[] {
  const place = { item_id: item.id, output_index: 0 };
  const events: ResponseEventBody[] = [
    ...opening(),
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", queries: [] },
    },
    { type: "response.file_search_call.in_progress", ...place },
    { type: "response.file_search_call.searching", ...place },
    { type: "response.file_search_call.completed", ...place },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: ending("completed", [item]) },
  ];
  return number(structuredClone(events));
}

test("a search passes from its beginning to its end", () => {
  expect(() => checkStream(searchStream())).not.toThrow();
});

test("a search that failed leaves the response complete", () => {
  const events = searchStream();
  cut(events, "response.file_search_call.completed");
  set(find(events, "response.output_item.done").item, "status", "failed");
  set(find(events, "response.completed").response.output[0] as object, "status", "failed");
  expect(() => checkStream(number(events))).not.toThrow();
});

test.each<[string, GrammarRule, (events: ResponseEvent[]) => void]>([
  ["a step is missing", "part-order", (e) => cut(e, "response.file_search_call.searching")],
  ["its last step is missing", "status", (e) => cut(e, "response.file_search_call.completed")],
  [
    "it begins with queries",
    "empty-start",
    (e) => set(find(e, "response.output_item.added").item, "queries", ["cats"]),
  ],
  [
    "it ends as something else",
    "identity",
    (e) => set(find(e, "response.output_item.done").item, "type", "message"),
  ],
  [
    "it is still searching",
    "status",
    (e) => set(find(e, "response.output_item.done").item, "status", "searching"),
  ],
  [
    "the response says something else of it",
    "snapshot",
    (e) => set(find(e, "response.completed").response.output[0] as object, "queries", []),
  ],
])("a search is refused when %s", (_name, rule, mutate) => {
  const events = searchStream();
  mutate(events);
  expect(() => checkStream(number(events))).toThrowError(expect.objectContaining({ rule }));
});
