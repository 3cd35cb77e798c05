import { text } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";

/**
 * Items in the short forms that a caller may send, and the full form in which the API lists them
 * (API reference, "List input items" and "List items"): content is a list of parts, every key of a part is
 * there, and what is not in progress is completed.
 */
const forms: { name: string; sent: object; listed: object }[] = [
  {
    name: "a user's words",
    sent: { role: "user", content: "Hello" },
    listed: {
      type: "message",
      role: "user",
      status: "completed",
      content: [{ type: "input_text", text: "Hello" }],
    },
  },
  {
    name: "the assistant's words",
    sent: { role: "assistant", content: "Hi" },
    listed: {
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hi", annotations: [], logprobs: [] }],
    },
  },
  {
    name: "the assistant's words as a part",
    sent: { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] },
    listed: {
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hi", annotations: [], logprobs: [] }],
    },
  },
  {
    name: "a picture",
    sent: { role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AAAA" }] },
    listed: {
      type: "message",
      role: "user",
      status: "completed",
      content: [{ type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" }],
    },
  },
  {
    name: "a thought",
    sent: { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm" }] },
    listed: { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hm" }] },
  },
  {
    name: "a call",
    sent: { type: "function_call", call_id: "c1", name: "add", arguments: "{}" },
    listed: { type: "function_call", call_id: "c1", name: "add", arguments: "{}", status: "completed" },
  },
  {
    name: "a call's output",
    sent: { type: "function_call_output", call_id: "c1", output: "2" },
    listed: { type: "function_call_output", call_id: "c1", output: "2", status: "completed" },
  },
];

describe.for(doorNames)("through %s, items that were sent in a short form are listed in full", (door) => {
  let doors: Doors;
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${doors.url(door)}/v1/${path}`, {
      headers: { "content-type": "application/json" },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    return (await response.json()) as { id: string; data: object[] };
  };
  const listed: Record<string, object[]> = {};

  beforeAll(async () => {
    doors = await startDoors();
    doors.backend.setDefault(text("ok"));
    const items = forms.map(({ sent }) => sent);
    const response = await call("responses", { model: "scripted", input: items });
    listed["a response's input"] = (await call(`responses/${response.id}/input_items?order=asc`)).data;
    const conversation = await call("conversations", { items });
    listed["a conversation"] = (await call(`conversations/${conversation.id}/items?order=asc`)).data;
    listed["the answer to adding"] = (await call(`conversations/${conversation.id}/items`, { items })).data;
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(forms.map((form, n) => ({ ...form, n })))("$name", ({ listed: full, n }) => {
    const whole = { ...full, id: expect.stringMatching(/^(msg|rs|fc|fco)_/) };
    expect(
      Object.fromEntries(Object.entries(listed).map(([place, items]) => [place, items[n]])),
    ).toMatchObject({
      "a response's input": whole,
      "a conversation": whole,
      "the answer to adding": whole,
    });
  });
});
