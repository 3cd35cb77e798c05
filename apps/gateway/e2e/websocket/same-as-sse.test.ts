import type { ResponseEvent, ResponseObject } from "@gateway/protocol";
import {
  contentChunk,
  cut,
  done,
  finishChunk,
  gate,
  reasoningThenText,
  roleChunk,
  type Script,
  text,
  toolCalls,
} from "@gateway/testkit";
import OpenAI from "openai";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { checkFrames, postStream } from "../read-stream.ts";
import { endsTurn, type Message, openSocket } from "./open-socket.ts";

const tools = [{ type: "function", name: "search", parameters: { type: "object" }, strict: false }];
const answers: { name: string; backend: Script; request?: object; status?: string }[] = [
  { name: "text", backend: text("Hello big world, é\u2028 😀") },
  { name: "reasoning, then text", backend: reasoningThenText("Let me see", "It is") },
  {
    name: "text and a call",
    backend: toolCalls([{ name: "search", arguments: { q: 1 } }], { text: "One moment" }),
    request: { tools },
  },
  { name: "an answer cut by its length", backend: text("Hello", { finish: "length" }), status: "incomplete" },
  {
    name: "a failure inside the answer",
    backend: [roleChunk(), contentChunk("Hel"), cut()],
    status: "failed",
  },
];

/** Events without what differs from run to run. */
function shapes(events: readonly object[]): unknown[] {
  return events.map((event) =>
    JSON.parse(
      JSON.stringify(event, (key, value) =>
        key.endsWith("id") || key.endsWith("_at") || key === "obfuscation" ? "*" : value,
      ),
    ),
  );
}

/** Messages in the form that the checks of streams read. */
function check(messages: readonly Message[]) {
  const frames = messages.map((event) => {
    const { stream_id: _lane, ...bare } = event;
    const data = JSON.stringify(bare);
    return { event: event.type, data, id: undefined, raw: `event: ${event.type}\ndata: ${data}\n\n` };
  });
  const end = { event: undefined, data: "[DONE]", id: undefined, raw: "data: [DONE]\n\n" };
  return checkFrames([...frames, end]);
}

describe.for(oneDoor)("a WebSocket through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(answers)("tells of $name as server-sent events do", async ({ backend, request, status }) => {
    doors.backend.setDefault(backend);
    const streamed = await postStream(doors.url(door), { model: "scripted", input: "hi", ...request });
    await using client = await openSocket(doors.url(door));
    const messages = await client.turn(request);
    const { events, final, accumulated } = await check(messages);
    expect(shapes(events)).toEqual(shapes(streamed.events));
    expect(final.status).toBe(status ?? "completed");
    expect(accumulated.output).toMatchObject(final.output);

    // One object: what was told is what is stored, and its events can be read again.
    const stored = await fetch(`${doors.url(door)}/v1/responses/${final.id}`);
    expect(await stored.json()).toEqual(final);
    const replay = await fetch(`${doors.url(door)}/v1/responses/${final.id}?stream=true`);
    const told = (await replay.text())
      .split("\n")
      .filter((line) => line.startsWith("data: {"))
      .map((line) => line.slice("data: ".length));
    expect(told).toEqual(client.texts);
  });

  test("names the lane in every event, and hides the length of tokens there, too", async () => {
    doors.backend.setDefault(text("a bb ccc dddd"));
    await using client = await openSocket(doors.url(door));
    const messages = await client.turn({ stream_id: 'la"ne' });
    await check(messages);
    expect(messages.every(({ stream_id }) => stream_id === 'la"ne')).toBe(true);
    const deltas = client.texts.filter((message) => message.includes(".delta"));
    expect(deltas).toHaveLength(4);
    // All are filled up to the next multiple of 16.
    expect(new Set(deltas.map((message) => Buffer.byteLength(message) % 16)).size).toBe(1);
    const bare = await client.turn({ stream_options: { include_obfuscation: false } });
    expect(JSON.stringify(bare)).not.toContain("obfuscation");
    expect(bare.some((message) => "stream_id" in message)).toBe(false);
  });

  test("brings each token when it is ready, before the backend has the next", async () => {
    const [second, last] = [gate(), gate()];
    doors.backend.setDefault([
      ...[roleChunk(), contentChunk("one"), second, contentChunk(" two"), last],
      ...[finishChunk("stop"), done()],
    ]);
    await using client = await openSocket(doors.url(door));
    client.create();
    await client.nth(1, ({ delta }) => delta === "one");
    second.open();
    await client.nth(1, ({ delta }) => delta === " two");
    last.open();
    await client.first("response.completed");
  });

  test("serves the official client", async () => {
    doors.backend.setDefault(text("Hello Ada"));
    const api = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none" });
    const client = new ResponsesWS(api);
    const events: ResponseEvent[] = [];
    client.send({ type: "response.create", model: "scripted", input: "I am Ada", store: false });
    for await (const event of client.stream()) {
      if (event.type !== "message") continue;
      events.push(event.message as ResponseEvent);
      if (endsTurn(event.message)) break;
    }
    const { final } = await check(events);
    doors.backend.setDefault(text("You are Ada"));
    client.send({
      type: "response.create",
      model: "scripted",
      input: "Who?",
      previous_response_id: final.id,
    });
    const answer = await new Promise<ResponseObject>((resolve, reject) => {
      client.on("response.completed", ({ response }) => resolve(response as unknown as ResponseObject));
      client.on("error", reject);
    });
    expect(answer.output).toMatchObject([{ content: [{ text: "You are Ada" }] }]);
    const failed = new Promise<Message>((resolve) => client.on("error", ({ error }) => resolve(error)));
    client.send({
      type: "response.create",
      model: "scripted",
      input: "x",
      previous_response_id: "resp_none",
    });
    expect(await failed).toMatchObject({ status: 404, error: { code: "previous_response_not_found" } });
    client.close();
  });
});
