import { contentChunk, errorChunk, finishChunk, raw, roleChunk, toolCallChunk } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, oneDoor, startDoors } from "./doors.ts";
import { post } from "./post.ts";
import { postStream } from "./read-stream.ts";

const ask = { model: "scripted", input: "hi" };
const tools = [{ type: "function", name: "look_up", parameters: { type: "object", properties: {} } }];

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors[Symbol.asyncDispose]());

/** What a server says in its stream, the status that belongs to it, and its code inside a failed response. */
const errors = [
  { type: "tokens", code: "rate_limit_exceeded", status: 429, seen: "rate_limit_exceeded" },
  { type: "insufficient_quota", code: "insufficient_quota", status: 429, seen: "insufficient_quota" },
  { type: "server_error", code: "server_is_overloaded", status: 503, seen: "server_is_overloaded" },
  { type: "invalid_request_error", code: "invalid_prompt", status: 400, seen: "invalid_prompt" },
  {
    type: "invalid_request_error",
    code: "context_length_exceeded",
    status: 400,
    seen: "context_length_exceeded",
  },
  { type: "server_error", code: "server_error", status: 500, seen: "server_error" },
  { type: "BadRequestError", code: 400, status: 400, seen: "invalid_prompt" },
  { type: "invalid_request_error", code: "tool_use_failed", status: 400, seen: "tool_use_failed" },
] as const;

describe.for(doorNames)("an error in the stream of the model's server, through %s,", (door) => {
  test.for(errors)("keeps its code and message: $code", async ({ type, code, status, seen }) => {
    const message = "It went wrong. Please try again in 1.2s";
    const chunk = errorChunk(message, { type, code });
    doors.backend.setDefault([raw(`data: ${JSON.stringify(chunk)}\n\n`)]);
    const { events, final } = await postStream(doors.url(door), ask);
    expect(events.at(-1)?.type).toBe("response.failed");
    expect(final.error).toEqual({ code: seen, message });

    doors.backend.setDefault([roleChunk(), contentChunk("Hel"), chunk]);
    const response = await post(doors.url(door), ask);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(response.status).toBe(status);
    expect(error).toMatchObject({ message, code: typeof code === "string" ? code : null });
    if (status === 429) expect(error.type).toBe(type);
  });
});

describe.for(oneDoor)("white space before a call, through %s,", (door) => {
  test("is no message of its own", async () => {
    doors.backend.setDefault([
      roleChunk(),
      contentChunk("\n"),
      contentChunk("\n"),
      toolCallChunk({ index: 0, id: "c1", name: "look_up", arguments: "{}" }),
      finishChunk("tool_calls"),
    ]);
    const { events, final } = await postStream(doors.url(door), { ...ask, tools });
    expect(final.output.map(({ type }) => type)).toEqual(["function_call"]);
    expect(events.some(({ type }) => type === "response.output_text.delta")).toBe(false);
  });

  test("is kept before words", async () => {
    doors.backend.setDefault([roleChunk(), contentChunk("\n\n"), contentChunk("Hi."), finishChunk("stop")]);
    const { final } = await postStream(doors.url(door), { ...ask, tools });
    expect(final.output).toMatchObject([{ type: "message", content: [{ text: "\n\nHi." }] }]);
  });
});
