import { expect, test } from "vitest";
import type { OutputCodeInterpreterCall } from "./code-interpreter.ts";
import type { ResponseEventBody } from "./events.ts";
import { type ItemEvent, openItem } from "./grammar-item.ts";
import type { Services } from "./hosted-tools.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toVisibleItem } from "./visible-items.ts";

const added: OutputCodeInterpreterCall = {
  ...{ type: "code_interpreter_call", id: "ci_1", status: "in_progress", code: "" },
  ...{ container_id: "cntr_1", outputs: null },
};
const place = { item_id: "ci_1", output_index: 0 };
const step = (name: "in_progress" | "interpreting" | "completed"): ResponseEventBody => ({
  type: `response.code_interpreter_call.${name}`,
  ...place,
});
const delta = (text: string): ResponseEventBody => ({
  type: "response.code_interpreter_call_code.delta",
  ...place,
  delta: text,
});
const coded = (code: string): ResponseEventBody => ({
  type: "response.code_interpreter_call_code.done",
  ...place,
  code,
});

function check(events: ResponseEventBody[], done: Partial<OutputCodeInterpreterCall>): unknown {
  const checker = openItem(structuredClone(added));
  for (const event of events) checker.take(event as ItemEvent);
  return checker.content({ ...added, ...done });
}

const whole = [
  step("in_progress"),
  delta("1"),
  delta(" + 1"),
  coded("1 + 1"),
  step("interpreting"),
  step("completed"),
];

test("a call is told step by step", () => {
  const outputs = [{ type: "logs" as const, logs: "2" }];
  expect(check(whole, { status: "completed", code: "1 + 1", outputs })).toEqual({ code: "1 + 1", outputs });
  expect(check(whole.slice(0, 5), { status: "failed", outputs: null })).toMatchObject({ outputs: null });
});

test.each([
  ["code that is not the sum of its deltas", [step("in_progress"), delta("1"), coded("2")], {}],
  ["a step left out", [step("in_progress"), step("interpreting")], {}],
  ["a call that is completed without its event", whole.slice(0, 5), { status: "completed" as const }],
  ["a call that failed and was completed", whole, { status: "failed" as const }],
])("%s breaks the grammar", (_, events, done) => {
  expect(() => check(events, done)).toThrow();
});

test("outputs and files are shown only where they are asked for", () => {
  const stored = {
    ...added,
    outputs: [{ type: "logs" as const, logs: "2" }],
    files: [{ file_id: "f", path: "/p" }],
  };
  expect(toVisibleItem(stored)).toEqual(added);
  expect(toVisibleItem(stored, ["code_interpreter_call.outputs"])).toBe(stored);
  expect(toVisibleItem(added)).toBe(added);
});

test("what a container cannot have here is named", () => {
  const body = {
    model: "m",
    input: "hi",
    tools: [
      {
        type: "code_interpreter",
        container: {
          type: "auto",
          memory_limit: "4g",
          network_policy: { type: "allowlist", allowed_domains: ["example.com"] },
        },
      },
    ],
  };
  const ignored = (services?: Services) => parseCreateRequest(body, false, services).ignored;
  expect(ignored(new Set(["code_interpreter"]))).toEqual([
    "tools[0].container.memory_limit",
    "tools[0].container.network_policy",
  ]);
  expect(ignored()).toEqual(["tools[0].type=code_interpreter"]);
});
