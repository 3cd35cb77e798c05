import { expect, test } from "vitest";
import type { ResponseEvent, ResponseEventBody } from "./events.ts";
import { checkStream, type GrammarRule } from "./grammar.ts";
import type { OutputMcpApprovalRequest, OutputMcpCall, OutputMcpListTools } from "./mcp-items.ts";
import { ending, number, opening } from "./testing/sample-streams.ts";
import { cut, find, set } from "./testing/stream-mutations.ts";

const list: OutputMcpListTools = {
  type: "mcp_list_tools",
  id: "mcpl_1",
  server_label: "docs",
  tools: [{ name: "search", input_schema: {}, annotations: { read_only: true } }],
};
const call: OutputMcpCall = {
  type: "mcp_call",
  id: "mcp_1",
  status: "completed",
  server_label: "docs",
  name: "search",
  arguments: '{"q":1}',
  output: "found",
  error: null,
  approval_request_id: null,
};
const approval: OutputMcpApprovalRequest = {
  type: "mcp_approval_request",
  id: "mcpr_1",
  server_label: "docs",
  name: "write",
  arguments: "{}",
};

/** A response that lists tools, calls one and asks for another. */
function mcpStream(): ResponseEvent[] {
  const at = (item: { id: string }, output_index: number) => ({ item_id: item.id, output_index });
  const events: ResponseEventBody[] = [
    ...opening(),
    { type: "response.output_item.added", output_index: 0, item: { ...list, tools: [] } },
    { type: "response.mcp_list_tools.in_progress", ...at(list, 0) },
    { type: "response.mcp_list_tools.completed", ...at(list, 0) },
    { type: "response.output_item.done", output_index: 0, item: list },
    {
      type: "response.output_item.added",
      output_index: 1,
      item: { ...call, status: "in_progress", arguments: "", output: null },
    },
    { type: "response.mcp_call.in_progress", ...at(call, 1) },
    { type: "response.mcp_call_arguments.delta", ...at(call, 1), delta: '{"q"' },
    { type: "response.mcp_call_arguments.delta", ...at(call, 1), delta: ":1}" },
    { type: "response.mcp_call_arguments.done", ...at(call, 1), arguments: '{"q":1}' },
    { type: "response.mcp_call.completed", ...at(call, 1) },
    { type: "response.output_item.done", output_index: 1, item: call },
    { type: "response.output_item.added", output_index: 2, item: approval },
    { type: "response.output_item.done", output_index: 2, item: { ...approval } },
    { type: "response.completed", response: ending("completed", [list, call, approval]) },
  ];
  return number(structuredClone(events));
}

test("a stream of lists, calls and questions passes from its beginning to its end", () => {
  expect(() => checkStream(mcpStream())).not.toThrow();
});

const doneOf = (events: ResponseEvent[], type: string) => {
  const event = events.find((each) => each.type === "response.output_item.done" && each.item.type === type);
  if (event?.type !== "response.output_item.done") throw new Error(`there is no ${type}`);
  return event.item;
};

test.each<[string, GrammarRule, (events: ResponseEvent[]) => void]>([
  ["a list does not begin", "part-order", (e) => cut(e, "response.mcp_list_tools.in_progress")],
  ["a list with tools does not end", "status", (e) => cut(e, "response.mcp_list_tools.completed")],
  ["a list that is well has an error", "status", (e) => set(doneOf(e, "mcp_list_tools"), "error", "oh")],
  ["a list that is well says so", "status", (e) => set(doneOf(e, "mcp_list_tools"), "error", null)],
  [
    "a list begins with an error",
    "empty-start",
    (e) => set(find(e, "response.output_item.added").item, "error", null),
  ],
  [
    "a list begins with tools",
    "empty-start",
    (e) => set(find(e, "response.output_item.added").item, "tools", [{}]),
  ],
  ["a call does not begin", "part-order", (e) => cut(e, "response.mcp_call.in_progress")],
  ["a call's arguments are not done", "part-order", (e) => cut(e, "response.mcp_call_arguments.done")],
  ["a piece of a call's arguments is missing", "sum", (e) => cut(e, "response.mcp_call_arguments.delta")],
  ["a call is completed without an event", "status", (e) => cut(e, "response.mcp_call.completed")],
  ["a completed call has no output", "status", (e) => set(doneOf(e, "mcp_call"), "output", null)],
  ["a completed call is done as failed", "status", (e) => set(doneOf(e, "mcp_call"), "status", "failed")],
  ["a call is done as one of another tool", "identity", (e) => set(doneOf(e, "mcp_call"), "name", "write")],
  [
    "a question is done as another",
    "identity",
    (e) => set(doneOf(e, "mcp_approval_request"), "arguments", "{1}"),
  ],
])("a stream is refused when %s", (_name, rule, mutate) => {
  const events = mcpStream();
  mutate(events);
  expect(() => checkStream(number(events))).toThrowError(expect.objectContaining({ rule }));
});
