import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  contentChunk,
  describeWith,
  errorAnswer,
  hang,
  llamaCppError,
  ollamaStyle,
  type RecordedRequest,
  roleChunk,
  runPython,
  text,
  toolCalls,
} from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { doorNames, startDoors } from "../doors.ts";

const key = "sk-alice";
const hash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
const paris = { city: "Paris", country: "FR" };
const [add, sub] = [
  { name: "add", arguments: { a: 1 }, id: "call_add" },
  { name: "sub", arguments: {}, id: "call_sub" },
];
const busy = (retryAfter: string) =>
  errorAnswer(429, { message: "Slow down.", code: "rate_limit_exceeded" }, { "retry-after": retryAfter });

/** What `python/calls.py` has to report, scenario by scenario. */
const expected = {
  faults: {
    overflow: fault("BadRequestError", 400, "context_length_exceeded", "input"),
    "overflow, streamed": fault("BadRequestError", 400, "context_length_exceeded", "input"),
    invalid: fault("UnprocessableEntityError", 422, "decimal_above_max_value", "temperature"),
    missing: fault("NotFoundError", 404, "previous_response_not_found", "previous_response_id"),
    busy: fault("RateLimitError", 429, "rate_limit_exceeded", null, "rate_limit_error"),
    broken: fault("InternalServerError", 500, "upstream_error", null, "server_error"),
    stranger: fault("AuthenticationError", 401, "invalid_api_key", null),
  },
  retries: { text: "at last", slept: [2, 13] },
  leaving: { timed_out: true, deltas: ["Hel"] },
  parsing: { parsed: paris, streamed: [paris, paris], arguments: paris },
  ids: { request_id: true, content_type: "application/json", status: 200 },
  responses: {
    listed: ["word 0", "word 1", "word 2", "word 3", "word 4", "fine", "more"],
    stored: true,
    gone: "NotFoundError",
    "chain gone": "previous_response_not_found",
  },
  conversations: {
    shown: ["zero", "one", "fine"],
    item: true,
    "after deleting the item": [true, "conversation"],
    topics: [{ topic: "tea" }, { topic: "coffee" }],
    deleted: [true, "conversation.deleted"],
    "in the response": true,
    gone: "NotFoundError",
  },
  replaying: ["It is add", "It is add"],
  asynchronously: {
    shown: ["one", "fine", "two", "fine"],
    busy: fault("RateLimitError", 429, "rate_limit_exceeded", null, "rate_limit_error"),
    cancelled: "CancelledError",
  },
};

describeWith("openai-python", "calls by the official Python client", () => {
  describe.for(doorNames)("through %s", (door) => {
    let report: Partial<Record<string, unknown>>;
    let requests: readonly RecordedRequest[];
    beforeAll(async () => {
      await using doors = await startDoors({ auth: { keys: [{ id: "alice", hash }] } });
      const { backend } = doors;
      backend.byModel("text", text("fine"));
      backend.byModel("overflow", llamaCppError(400, "the context is too long", "exceed_context_size_error"));
      backend.byModel("busy", busy("7"));
      backend.byModel("busy-twice", busy("2"), busy("13"), text("at last"));
      backend.byModel("broken", errorAnswer(500, { message: "CUDA out of memory" }));
      backend.byModel("hanging", [hang()]);
      backend.byModel("endless", [roleChunk(), contentChunk("Hel"), hang()]);
      backend.byModel("place", text(JSON.stringify(paris)));
      // Thoughts go back to the model that had them, so it is the same one that is asked again.
      backend.byModel("replayed", ({ body }) =>
        body.messages?.some(({ role }) => role === "tool")
          ? text("It is add")
          : ollamaStyle({ reasoning: "Hm", text: "Both", toolCalls: [add, sub] }),
      );
      backend.byModel("call", toolCalls([{ name: "locate", arguments: paris }]));
      const script = await readFile(new URL("python/calls.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: `${doors.url(door)}/v1`, OPENAI_API_KEY: key },
      });
      if (code !== 0) throw new Error(`calls.py ended with ${code}\n${stderr}`);
      report = JSON.parse(stdout);
      requests = backend.requests;
      await Promise.all(left(requests).map(({ whenEnded }) => whenEnded));
    });

    test.for(Object.entries(expected))("%s", ([scenario, facts]) => {
      expect(report[scenario]).toEqual(facts);
    });

    test("what is sent back reaches the model whole, in either form", () => {
      const replayed = requests.filter(
        ({ body }) => body.model === "replayed" && (body.messages?.length ?? 0) > 1,
      );
      expect(replayed).toHaveLength(2);
      for (const { body } of replayed) {
        expect(body.messages).toMatchObject([
          { role: "user", content: "Which?" },
          {
            role: "assistant",
            content: "Both",
            reasoning: "Hm",
            tool_calls: [{ function: { name: "add", arguments: '{"a":1}' } }, { function: { name: "sub" } }],
          },
          { role: "tool", tool_call_id: "call_add", content: "result of add" },
          { role: "tool", tool_call_id: "call_sub", content: "result of sub" },
        ]);
      }
    });

    test("a client that leaves ends the model's work", () => {
      expect(left(requests).map(({ body, state }) => [body.model, state])).toEqual([
        ["hanging", "aborted"],
        ["endless", "aborted"],
        ["endless", "aborted"],
      ]);
    });
  });
});

/** The requests whose answer would never have ended. */
function left(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter(({ body }) => body.model === "hanging" || body.model === "endless");
}

function fault(
  name: string,
  status: number,
  code: string,
  param: string | null,
  type = "invalid_request_error",
): object {
  return { class: name, status, code, param, type, request_id: true };
}
