import { internal, type ResponseEvent, type Usage } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Outcome, ResponseBuilder } from "./response-builder.ts";
import { arbitraryUsage } from "./testing/arbitrary-turn.ts";
import { callsIn, newBuilder, now, run } from "./testing/run-builder.ts";
import { noUsage } from "./usage.ts";

const types = (events: readonly ResponseEvent[]) => events.map(({ type }) => type.replace("response.", ""));
const completed: Outcome = { status: "completed" };
const text = (value: string): ModelDelta => ({ kind: "text", text: value });
const call = (key: number): ModelDelta => ({ kind: "call", key, callId: `call_${key}`, name: `tool_${key}` });
const args = (key: number, value: string): ModelDelta => ({ kind: "arguments", key, text: value });

describe("an answer in text", () => {
  test("is one message with one part", () => {
    const { builder, events } = run([[text("Hel")], [text("lo")], []], completed);
    expect(types(events)).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    expect(builder.response.output).toEqual([
      {
        type: "message",
        id: "msg_10000",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "Hello", annotations: [], logprobs: [] }],
      },
    ]);
  });

  test("that turns into a refusal has two parts, and more when it turns back", () => {
    const { builder } = run([[text("Well"), { kind: "refusal", text: "No." }, text("but")]], completed);
    const [message] = builder.response.output;
    expect(message).toMatchObject({
      content: [{ text: "Well" }, { type: "refusal", refusal: "No." }, { text: "but" }],
    });
  });

  test("after reasoning is a second item", () => {
    const { builder, events } = run([[{ kind: "reasoning", text: "Hm." }, text("Hello")]], completed);
    expect(builder.response.output.map(({ type, id }) => `${type} ${id}`)).toEqual([
      "reasoning rs_10000",
      "message msg_10001",
    ]);
    expect(types(events)).not.toContain("reasoning_summary_part.added");
  });

  test("between stretches of reasoning makes an item of each", () => {
    const hm: ModelDelta = { kind: "reasoning", text: "Hm." };
    const { builder } = run([[hm, text("a"), hm, text("b")]], completed);
    expect(builder.response.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "message",
      "reasoning",
      "message",
    ]);
  });
});

describe("a reasoning summary", () => {
  test("is given when it was asked for", () => {
    const deltas: ModelDelta[] = [
      { kind: "reasoning", text: "Hm, " },
      { kind: "reasoning", text: "yes." },
    ];
    const { builder, events } = run([deltas], completed, { reasoning: { summary: "auto" } });
    expect(builder.response.output).toMatchObject([
      { content: [{ text: "Hm, yes." }], summary: [{ type: "summary_text", text: "Hm, yes." }] },
    ]);
    expect(types(events).filter((type) => type.startsWith("reasoning_summary"))).toEqual([
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
    ]);
  });
});

describe("function calls", () => {
  test("that come one after the other are closed one after the other", () => {
    const { events } = run([[call(0), args(0, "{}"), call(1), args(1, "{}")]], completed);
    const items = events.filter(({ type }) => type.startsWith("response.output_item"));
    expect(items.map((event) => [event.type, "output_index" in event && event.output_index])).toEqual([
      ["response.output_item.added", 0],
      ["response.output_item.done", 0],
      ["response.output_item.added", 1],
      ["response.output_item.done", 1],
    ]);
  });

  test("may be written in turns", () => {
    const deltas = [call(0), args(0, '{"a"'), call(1), args(1, '{"b"'), args(0, ":1}"), args(1, ":2}")];
    expect(callsIn(run([deltas], completed).builder.response.output)).toEqual({
      call_0: '{"a":1}',
      call_1: '{"b":2}',
    });
  });

  test.each([
    ["text", text("Calling.")],
    ["a thought", { kind: "reasoning", text: "Hm." } as ModelDelta],
    ["a refusal", { kind: "refusal", text: "No." } as ModelDelta],
  ])("may be interrupted by %s before their arguments are whole", (_name, interruption) => {
    const deltas = [call(0), args(0, '{"a"'), interruption, args(0, ":1}"), interruption];
    const { builder } = run([deltas], completed);
    expect(callsIn(builder.response.output)).toEqual({ call_0: '{"a":1}' });
    expect(builder.response.output).toHaveLength(2);
  });

  test("without arguments get an empty object, so that clients can parse them", () => {
    const { builder, events } = run([[call(0)]], completed);
    expect(builder.response.output).toMatchObject([{ arguments: "{}", status: "completed" }]);
    expect(types(events)).toContain("function_call_arguments.delta");
  });

  test("that were cut off keep what there is, and say so", () => {
    const outcome: Outcome = { status: "incomplete", reason: "max_output_tokens" };
    expect(run([[call(0), args(0, '{"a')]], outcome).builder.response.output).toMatchObject([
      { arguments: '{"a', status: "incomplete" },
    ]);
    expect(run([[call(0)]], outcome).builder.response.output).toMatchObject([
      { arguments: "", status: "incomplete" },
    ]);
  });

  test("that were whole before another was cut off stay completed", () => {
    const deltas = [call(0), args(0, "{}"), call(1), args(1, "{")];
    const { output } = run([deltas], { status: "incomplete", reason: "max_output_tokens" }).builder.response;
    expect(output.map(({ status }) => status)).toEqual(["completed", "incomplete"]);
  });

  test("ignore a line break that comes after they were closed", () => {
    const deltas = [call(0), args(0, "{}"), call(1), args(1, "{}"), args(0, "\n")];
    expect(callsIn(run([deltas], completed).builder.response.output)).toEqual({ call_0: "{}", call_1: "{}" });
  });
});

describe("the end", () => {
  const fields = ["status", "completed_at", "error", "incomplete_details"] as const;
  test.each<[Outcome, unknown[]]>([
    [completed, ["completed", now, null, null]],
    [
      { status: "incomplete", reason: "content_filter" },
      ["incomplete", null, null, { reason: "content_filter" }],
    ],
    [
      { status: "failed", error: internal("Broken.", { code: "x" }) },
      ["failed", null, { code: "x", message: "Broken." }, null],
    ],
    [{ status: "cancelled" }, ["cancelled", null, null, null]],
  ])("%o shows in the response", (outcome, values) => {
    const { response } = run([[text("a")]], outcome).builder;
    expect(fields.map((field) => response[field])).toEqual(values);
    expect(response.output[0]?.status).toBe(outcome.status === "completed" ? "completed" : "incomplete");
  });

  test("carries the stored object itself", () => {
    const { builder, events } = run([[text("a")]], completed);
    const last = events.at(-1);
    expect(last && "response" in last && last.response).toBe(builder.response);
  });

  test("may become a failure as long as nothing was claimed", () => {
    const builder = newBuilder();
    const events = [...builder.start(), ...builder.push([text("a")]), ...builder.settle(completed, now)];
    events.push(...builder.settle({ status: "failed", error: internal("The store broke.") }, now));
    events.push(...builder.end());
    checkStream(events);
    expect(builder.response).toMatchObject({
      status: "failed",
      completed_at: null,
      output: [{ status: "completed" }],
    });
  });

  test("reports no tokens where none were counted, except when cancelled", () => {
    expect(run([[]], completed).builder.response.usage).toEqual(noUsage);
    expect(run([[]], { status: "cancelled" }).builder.response.usage).toBeNull();
  });

  test("sums the usage of several turns, detail by detail", () => {
    fc.assert(
      fc.property(fc.array(arbitraryUsage, { minLength: 1, maxLength: 4 }), (usages) => {
        const deltas = usages.map((usage): ModelDelta => ({ kind: "usage", usage }));
        const before = structuredClone(usages);
        const { usage } = run([deltas], completed).builder.response;
        const sum = (pick: (usage: Usage) => number) => before.reduce((total, one) => total + pick(one), 0);
        expect(usage).toEqual({
          input_tokens: sum((one) => one.input_tokens),
          input_tokens_details: {
            cached_tokens: sum((one) => one.input_tokens_details.cached_tokens),
            cache_write_tokens: sum((one) => one.input_tokens_details.cache_write_tokens),
          },
          output_tokens: sum((one) => one.output_tokens),
          output_tokens_details: {
            reasoning_tokens: sum((one) => one.output_tokens_details.reasoning_tokens),
          },
          total_tokens: sum((one) => one.total_tokens),
        });
        expect(usages).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  test("echoes the service tier that was used", () => {
    const usage: ModelDelta = { kind: "usage", usage: noUsage, serviceTier: "flex" };
    expect(run([[usage]], completed).builder.response.service_tier).toBe("flex");
  });

  test("does not reach back into the events that opened the stream", () => {
    const { events } = run([[text("a"), { kind: "usage", usage: noUsage }]], completed);
    for (const event of events.slice(0, 2)) {
      expect(event).toMatchObject({ response: { status: "in_progress", output: [], usage: null } });
    }
  });
});

describe("illegal order throws", () => {
  const steps: Record<string, (builder: ResponseBuilder) => unknown> = {
    start: (builder) => builder.start(),
    push: (builder) => builder.push([text("a")]),
    settle: (builder) => builder.settle(completed, now),
    fail: (builder) => builder.settle({ status: "failed", error: internal("x") }, now),
    end: (builder) => builder.end(),
  };
  test.each([
    [[], "push"],
    [[], "settle"],
    [[], "end"],
    [["start"], "start"],
    [["start"], "end"],
    [["start", "push"], "start"],
    [["start", "push"], "end"],
    [["start", "settle"], "start"],
    [["start", "settle"], "push"],
    [["start", "settle", "fail"], "push"],
    [["start", "settle", "end"], "start"],
    [["start", "settle", "end"], "push"],
    [["start", "settle", "end"], "settle"],
    [["start", "settle", "end"], "fail"],
    [["start", "settle", "end"], "end"],
  ])("after %j comes no %s", (before, step) => {
    const builder = newBuilder();
    for (const name of before) steps[name]?.(builder);
    expect(() => steps[step]?.(builder)).toThrow(/cannot|takes no deltas/);
  });

  test("and so do a call opened twice and arguments without their call", () => {
    const opened = () => {
      const builder = newBuilder();
      builder.start();
      return builder;
    };
    expect(() => opened().push([call(0), call(0)])).toThrow("call 0 is open already");
    expect(() => opened().push([args(0, "{}")])).toThrow("arguments for call 0, which is not open");
    expect(() => opened().push([call(0), args(0, "{}"), call(1), args(0, "x")])).toThrow(
      "call 0, which is not open",
    );
  });
});

test("whether a call is complete is looked at again only when more of it has come", () => {
  const looked = vi.spyOn(OpenFunctionCall.prototype, "complete", "get");
  onTestFinished(() => looked.mockRestore());
  const builder = newBuilder();
  builder.start();
  for (let key = 0; key < 200; key++) builder.push([call(key), args(key, '{"a')]);
  expect(looked.mock.calls.length).toBeLessThan(400);
});
