import { internal, type OutputItem, type ResponseEvent, toInitialResponse } from "@gateway/protocol";
import { expect, test } from "vitest";
import { drain } from "./drain.ts";
import { errorHeaders } from "./render-error.ts";

/** The events of a response that failed with this output. */
async function* failed(output: readonly OutputItem[]): AsyncGenerator<ResponseEvent[], void, undefined> {
  const response = {
    ...toInitialResponse({ model: "m", input: "hi" }, "resp_1", 1),
    status: "failed" as const,
    error: { code: "upstream_error", message: "It broke." },
    output: [...output],
  };
  yield [{ type: "response.failed", sequence_number: 2, response }];
}

const call: OutputItem = {
  type: "mcp_call",
  id: "mcp_1",
  status: "completed",
  server_label: "s",
  name: "write",
  arguments: "{}",
  output: "done",
  error: null,
  approval_request_id: null,
};

test("a response that failed is thrown as what it failed of, and clients may try again", async () => {
  const error = internal("It broke.", { code: "upstream_error" });
  await expect(drain(failed([]), () => error)).rejects.toBe(error);
  expect(errorHeaders(error)).toEqual({});
});

test("where a tool has been run for it, clients are told not to have it run again", async () => {
  const error = internal("It broke.", { code: "upstream_error", cause: new Error("inside") });
  const thrown = await drain(failed([call]), () => error).catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({
    status: 500,
    code: "upstream_error",
    message: "It broke.",
    cause: error.cause,
  });
  expect(errorHeaders(thrown as typeof error)).toEqual({ "x-should-retry": "false" });
});

test("nor when to do so, while what is said of limits is passed on", async () => {
  const headers = { "retry-after-ms": "1500", "x-ratelimit-remaining-requests": "0" };
  const error = internal("It broke.", { code: "upstream_error", retryAfter: 2, headers });
  const thrown = await drain(failed([call]), () => error).catch((reason: unknown) => reason);
  expect(errorHeaders(thrown as typeof error)).toEqual({
    "x-should-retry": "false",
    "x-ratelimit-remaining-requests": "0",
  });
});
