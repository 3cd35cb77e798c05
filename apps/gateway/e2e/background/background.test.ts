import type { ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  finishChunk,
  gate,
  reasoningThenText,
  roleChunk,
  type Script,
  text,
  toolCalls,
  waitFor,
} from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { searching } from "../knowledge/scripted-search.ts";
import { checkFrames } from "../read-stream.ts";
import { EventReader, replayed } from "./event-reader.ts";
import { addOtters, patient, searchOf } from "./otters.ts";

const ask = { model: "scripted", input: "hi", background: true } as const;

describe.for(doorNames)("a background response through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge(patient);
    base = doors.url(door);
    client = doors.client(door);
    store = await addOtters(client);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** Asks until a response has ended. */
  const ended = (id: string) =>
    waitFor(
      async () => {
        const response = await client.responses.retrieve(id);
        return response.status === "queued" || response.status === "in_progress" ? undefined : response;
      },
      { what: `the end of ${id}` },
    );

  test("is queued at once, and found completed by asking for it again", async () => {
    const hold = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("Hello"), hold, finishChunk("stop"), done()]);
    const queued = await client.responses.create({ ...ask, metadata: { topic: "tea" } });
    expect(queued).toMatchObject({
      status: "queued",
      background: true,
      output: [],
      usage: null,
      completed_at: null,
    });
    await hold.reached;
    const running = await waitFor(
      async () => {
        const response = await client.responses.retrieve(queued.id);
        return response.status === "in_progress" ? response : undefined;
      },
      { what: "it to be in progress" },
    );
    expect(running).toMatchObject({ id: queued.id, metadata: { topic: "tea" }, error: null });
    hold.open();
    expect(await ended(queued.id)).toMatchObject({
      status: "completed",
      background: true,
      output_text: "Hello",
      metadata: { topic: "tea" },
      created_at: queued.created_at,
    });
    expect((await client.responses.inputItems.list(queued.id)).data).toMatchObject([{ role: "user" }]);
  });

  const tools: OpenAI.Responses.Tool[] = [{ type: "function", name: "add", parameters: {}, strict: false }];
  const answers: { name: string; script: Script; status: string; body?: object }[] = [
    { name: "reasoning", script: reasoningThenText("Hm, well", "It is"), status: "completed" },
    {
      name: "calls",
      script: toolCalls([{ name: "add", arguments: { a: 1 } }], { text: "Let me add" }),
      status: "completed",
      body: { tools },
    },
    { name: "an answer cut by length", script: text("Hal", { finish: "length" }), status: "incomplete" },
    { name: "a cut connection", script: [roleChunk(), contentChunk("Hal"), cut()], status: "failed" },
    { name: "an error before the first token", script: errorAnswer(500), status: "failed" },
    { name: "too many requests", script: errorAnswer(429, {}, { "retry-after": "1" }), status: "failed" },
    { name: "a hang-up", script: cut({ reset: true }), status: "failed" },
  ];

  test.for(answers)("streams $name as it comes, replays it, and gives it as $status", async (answer) => {
    doors.backend.setDefault(answer.script);
    const reader = await EventReader.create(base, { ...answer.body, background: true });
    await reader.rest();
    const { events, final } = await checkFrames(reader.frames);
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
    ]);
    expect(final).toMatchObject({ status: answer.status, background: true });
    if (answer.status === "failed") expect(final.error?.message).not.toBe("");
    expect(await client.responses.retrieve(reader.id)).toMatchObject(final);
    expect(await replayed(base, reader.id)).toBe(reader.bytes);
  });

  test("searches files, in one piece and in a stream", async () => {
    doors.backend.setDefault(searching({ searches: [["otters swim"]], answer: "They swim 【1】." }));
    const request = { ...ask, tools: [searchOf(store)] };
    const whole = await ended((await client.responses.create(request)).id);
    const stream = await EventReader.create(base, { background: true, tools: request.tools });
    await stream.rest();
    const { final } = await checkFrames(stream.frames);
    for (const { output } of [whole, final])
      expect(output).toMatchObject([
        { type: "file_search_call", status: "completed", queries: ["otters swim"] },
        { content: [{ text: "They swim.", annotations: [{ filename: "otters.md" }] }] },
      ]);
    const include = ["file_search_call.results" as const];
    expect((await client.responses.retrieve(whole.id, { include })).output[0]).toMatchObject({
      results: [{ text: "Otters swim in rivers." }],
    });
  });

  test("goes on when its client leaves the stream; another takes it up behind the last number", async () => {
    const hold = gate();
    doors.backend.setDefault([
      [roleChunk(), contentChunk("One"), contentChunk(" two"), hold],
      [contentChunk(" three"), contentChunk(" four"), finishChunk("stop"), done()],
    ]);
    const asked = doors.backend.requests.length;
    const events: unknown[] = [];
    const stream = await client.responses.create({ ...ask, stream: true });
    let id = "";
    let last = -1;
    for await (const event of stream) {
      events.push(event);
      last = event.sequence_number;
      if (event.type === "response.created") id = event.response.id;
      // Leaving the loop hangs up.
      if (event.type === "response.output_text.delta" && event.delta === " two") break;
    }
    await hold.reached;
    expect((await client.responses.retrieve(id)).status).toBe("in_progress");
    const rest = await client.responses.retrieve(id, { stream: true, starting_after: last });
    hold.open();
    for await (const event of rest) events.push(event);
    checkStream(events as ResponseEvent[]);
    expect(doors.backend.requests.slice(asked)).toMatchObject([{ state: "answered" }]);
    const stored = await client.responses.retrieve(id);
    expect(stored.output_text).toBe("One two three four");
    const whole = client.responses.stream({ response_id: id, starting_after: last });
    expect(await whole.finalResponse()).toMatchObject({ output_text: stored.output_text });
  });

  test("runs to its end when everybody has left, and when nobody has ever come", async () => {
    const hold = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("Alone"), hold, finishChunk("stop"), done()]);
    const left = await EventReader.create(base, { background: true });
    await left.until("response.output_text.delta");
    left.leave();
    const { id } = await client.responses.create(ask);
    hold.open();
    for (const each of [left.id, id]) expect((await ended(each)).output_text).toBe("Alone");
    expect((await replayed(base, left.id)).startsWith(left.bytes)).toBe(true);
  });

  test("is refused where it is not to be stored, and where anything else is wrong with it", async () => {
    const asked = doors.backend.requests.length;
    const refused = (body: object) => client.responses.create({ ...ask, ...body });
    const notStored = { status: 422, param: "background", code: "unsupported_value" };
    await expect(refused({ store: false })).rejects.toMatchObject(notStored);
    await expect(refused({ store: false, stream: true })).rejects.toMatchObject(notStored);
    await expect(refused({ model: "nothing" })).rejects.toMatchObject({ status: 404 });
    await expect(refused({ previous_response_id: "resp_none" })).rejects.toMatchObject({
      status: 404,
      code: "previous_response_not_found",
    });
    await expect(refused({ conversation: "conv_none" })).rejects.toMatchObject({ status: 404 });
    await expect(refused({ temperature: 9 })).rejects.toMatchObject({ status: 422, param: "temperature" });
    await expect(refused({ background: "yes" })).rejects.toMatchObject({ status: 422, param: "background" });
    expect(doors.backend.requests).toHaveLength(asked);
  });
});
