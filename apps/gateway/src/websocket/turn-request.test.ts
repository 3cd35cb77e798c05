import { expect, test } from "vitest";
import { toTurnRequest } from "./turn-request.ts";

test("a message becomes a streamed create request", () => {
  const { body, warmUp, settings, unsteerable } = toTurnRequest({
    model: "m",
    input: "hi",
    previous_response_id: "resp_1",
    stream: true,
    background: null,
    metadata: {},
  });
  expect(body).toEqual({
    model: "m",
    input: "hi",
    previous_response_id: "resp_1",
    metadata: {},
    stream: true,
  });
  expect(settings).toEqual({ model: "m", metadata: {} });
  expect([warmUp, unsteerable]).toEqual([false, undefined]);
});

test("generate: false asks for a response that is only prepared", () => {
  const { body, warmUp } = toTurnRequest({ model: "m", input: "hi", generate: false });
  expect(warmUp).toBe(true);
  expect("generate" in body).toBe(false);
});

test.for([
  ["background", true, "unsupported_value"],
  ["stream", false, "unsupported_value"],
  ["background", "yes", "invalid_type"],
  ["stream", 1, "invalid_type"],
  ["generate", "no", "invalid_type"],
] as const)("%s: %s is a 422", ([param, value, code]) => {
  expect(() => toTurnRequest({ model: "m", [param]: value })).toThrow(
    expect.objectContaining({ status: 422, param, code }),
  );
});

test.for([
  [undefined, ["said"]],
  ["own", ["said", "own"]],
  [[{ role: "user", content: "own" }], ["said", "own"]],
] as const)("what was said before comes before the input %j", ([input, contents]) => {
  const said = [{ type: "message", role: "user", content: "said", id: "msg_1" } as const];
  const { body } = toTurnRequest({ model: "m", input }, said);
  expect((body.input as { content: string }[]).map(({ content }) => content)).toEqual(contents);
});

test("an input that is neither text nor list is left for the check of the body", () => {
  const said = [{ type: "message", role: "user", content: "said", id: "msg_1" } as const];
  expect(toTurnRequest({ model: "m", input: 5 }, said).body.input).toBe(5);
});

test.for([
  [{ conversation: "conv_1" }, "conversation"],
  [{ context_management: [{ type: "compaction" }] }, "compaction"],
] as const)("%j cannot be steered", ([fields, word]) => {
  expect(toTurnRequest({ model: "m", ...fields }).unsteerable).toContain(word);
  expect(toTurnRequest({ model: "m", context_management: [] }).unsteerable).toBeUndefined();
});
