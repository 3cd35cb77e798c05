import { contentChunk, done, errorAnswer, errorChunk, finishChunk, status, text } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "./doors.ts";
import { post } from "./post.ts";

const ask = { model: "scripted", input: "hi" };
const limits = {
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": "59",
  "x-ratelimit-reset-tokens": "6m0s",
};
const lookUp = { type: "function", name: "look_up", parameters: { type: "object", properties: {} } };

function limitsIn({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-ratelimit-")));
}

describe.for(doorNames)("what the model's server says of its limits, through %s,", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for([false, true])("is passed on with an answer (stream: %s)", async (stream) => {
    doors.backend.setDefault([status(200, { ...limits, "x-secret": "1" }), ...text("fine")]);
    const response = await post(doors.url(door), { ...ask, stream });
    await response.text();
    expect([response.status, limitsIn(response)]).toEqual([200, limits]);
    expect(response.headers.get("x-secret")).toBeNull();
  });

  test("is left out where it says nothing", async () => {
    doors.backend.setDefault(text("fine"));
    const response = await post(doors.url(door), ask);
    await response.text();
    expect(limitsIn(response)).toEqual({});
  });

  test.for([false, true])("goes with a 429, and so does the wait (stream: %s)", async (stream) => {
    const error = { message: "Try again in 1.5s.", type: "requests", code: "rate_limit_exceeded" };
    doors.backend.setDefault(errorAnswer(429, error, { ...limits, "retry-after-ms": "1500" }));
    const response = await post(doors.url(door), { ...ask, stream });
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual({ error: { ...error, param: null } });
    expect(limitsIn(response)).toEqual(limits);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(response.headers.get("retry-after-ms")).toBe("1500");
  });

  test("goes with an error that comes when the answer has begun, where it is not streamed", async () => {
    doors.backend.setDefault([
      status(200, limits),
      contentChunk("Hel"),
      errorChunk("slow", { type: "tokens", code: "rate_limit_exceeded" }),
    ]);
    const response = await post(doors.url(door), ask);
    expect([response.status, limitsIn(response)]).toEqual([429, limits]);
    expect(await response.json()).toMatchObject({ error: { type: "tokens", code: "rate_limit_exceeded" } });
  });

  test("is that of the first answer, where the model is asked more than once", async () => {
    // A turn without the call that it owes is asked again.
    doors.backend.enqueue(status(200, limits), contentChunk("No."), finishChunk("stop"), done());
    doors.backend.enqueue(
      status(200, { ...limits, "x-ratelimit-remaining-requests": "58" }),
      contentChunk("No."),
      finishChunk("stop"),
      done(),
    );
    const response = await post(doors.url(door), { ...ask, tools: [lookUp], tool_choice: "required" });
    await response.text();
    expect(limitsIn(response)).toEqual(limits);
  });

  test("may be read by web pages, with everything else that clients look at", async () => {
    doors.backend.setDefault([status(200, { ...limits, "x-ratelimit-limit-images": "5" }), ...text("fine")]);
    const response = await post(doors.url(door), ask, { headers: { origin: "http://localhost:3000" } });
    await response.text();
    const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
    expect(exposed).toEqual(
      expect.arrayContaining([
        ...Object.keys(limits),
        "x-ratelimit-limit-images",
        "x-request-id",
        "retry-after",
        "retry-after-ms",
        "openai-processing-ms",
      ]),
    );
    doors.backend.setDefault(errorAnswer(429, {}, { ...limits, "x-ratelimit-reset": "7" }));
    const refused = await post(doors.url(door), ask, { headers: { origin: "http://localhost:3000" } });
    expect(refused.headers.get("access-control-expose-headers")).toMatch(/\bx-ratelimit-reset(,|$)/);
  });

  test("is passed on with a compacted context", async () => {
    doors.backend.setDefault([status(200, limits), ...text("They greeted.")]);
    const input = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "Hello." },
      { role: "user", content: "What now?" },
    ];
    const response = await fetch(`${doors.url(door)}/v1/responses/compact`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "scripted", input }),
    });
    expect([response.status, limitsIn(response)]).toEqual([200, limits]);
  });
});
