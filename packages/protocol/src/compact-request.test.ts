import { describe, expect, test } from "vitest";
import { parseCompactRequest } from "./compact-request.ts";

const trigger = { type: "compaction_trigger" };

test("becomes a create request whose input ends with a trigger", () => {
  const body = {
    model: "m",
    input: "hi",
    instructions: "Be brief.",
    prompt_cache_key: "k",
    service_tier: "flex",
  };
  const { request, ignored } = parseCompactRequest(body, false);
  expect(request).toEqual({ ...body, input: [{ type: "message", role: "user", content: "hi" }, trigger] });
  expect(ignored).toEqual([]);
  const chained = parseCompactRequest({ model: "m", previous_response_id: "resp_1", input: null }, true);
  expect(chained.request).toEqual({ model: "m", previous_response_id: "resp_1", input: [trigger] });
  const twice = parseCompactRequest({ model: "m", input: [{ role: "user", content: "hi" }, trigger] }, false);
  expect(twice.request.input).toHaveLength(2);
});

test("what has no effect on it is named", () => {
  const fields = {
    tools: [],
    stream: true,
    image: { context_compression: "auto" },
    prompt_cache_retention: null,
  };
  const { request, ignored } = parseCompactRequest({ model: "m", input: "hi", ...fields, odd: 1 }, false);
  expect(ignored).toEqual(["tools", "stream", "image", "odd"]);
  expect(request).not.toHaveProperty("stream");
});

describe("is refused", () => {
  test.each([
    ["without a model", { input: "hi" }, "model", "missing_required_parameter"],
    ["with a model that is null", { model: null, input: "hi" }, "model", "missing_required_parameter"],
    ["without anything to compact", { model: "m" }, "input", "missing_required_parameter"],
    [
      "with an item of unknown type",
      { model: "m", input: [{ type: "odd" }] },
      "input[0].type",
      "invalid_value",
    ],
    [
      "with a trigger in the middle",
      { model: "m", input: [trigger, { role: "user", content: "hi" }] },
      "input[0]",
      "invalid_value",
    ],
    [
      "with two contexts",
      { model: "m", previous_response_id: "resp_1", conversation: "conv_1" },
      "previous_response_id",
      "mutually_exclusive_parameters",
    ],
  ])("%s", (_name, body, param, code) => {
    expect(() => parseCompactRequest(body, false)).toThrow(
      expect.objectContaining({ status: 422, param, code }),
    );
  });

  test("when it is no object", () => {
    expect(() => parseCompactRequest([], false)).toThrow(expect.objectContaining({ status: 422 }));
  });

  test.each([
    ["image", "unsupported_value"],
    ["moderation", "unsupported_value"],
    ["prompt_cache_retention", "unsupported_value"],
    ["multi_agent", "unsupported_value"],
    ["tools", "unsupported_value"],
    ["odd", "unknown_parameter"],
  ])("under strict_params with '%s'", (field, code) => {
    expect(() => parseCompactRequest({ model: "m", input: "hi", [field]: [] }, true)).toThrow(
      expect.objectContaining({ status: 422, param: field, code }),
    );
  });
});
