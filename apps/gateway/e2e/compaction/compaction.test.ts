import { cut, errorAnswer, hang, roleChunk, text, toolCalls, waitFor } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EventReader } from "../background/event-reader.ts";
import { addOtters, searchOf } from "../background/otters.ts";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { checkFrames } from "../read-stream.ts";
import { asksForNotes, chatsOf, notingModel, shownTo } from "./noting-model.ts";

const model = "scripted";
const long = "We talk about the weather at length. ".repeat(150);
const talk: OpenAI.Responses.ResponseInput = [
  { role: "developer", content: "Be brief." },
  { role: "user", content: `My name is Ada. ${long}` },
  { role: "assistant", content: "Hello Ada." },
  { role: "user", content: "What is my name?" },
];
const context_management = [{ type: "compaction", compact_threshold: 1000 }];
const trigger = { type: "compaction_trigger" as const };
const compacted = [
  "system: Be brief.",
  expect.stringMatching(/^user: \[The conversation .*The user is called Ada\.$/s),
  "user: What is my name?",
];

describe.for(oneDoor)("compaction through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  let asked = 0;
  beforeAll(async () => {
    doors = await startKnowledge({ auth: twoTenants });
    client = doors.client(door, "sk-alice");
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    doors.backend.setDefault(notingModel());
    asked = chatsOf(doors.backend.requests).length;
  });

  /** The chats since the test began. */
  const chats = () => chatsOf(doors.backend.requests).slice(asked);

  test("a context over its threshold is compacted, then answered", async () => {
    const response = await client.responses.create({ model, input: talk, context_management });
    expect(response.output.map(({ type }) => type)).toEqual(["compaction", "message"]);
    expect(response.output_text).toBe("3 messages, the last: user: What is my name?");
    expect(response.usage).toMatchObject({ input_tokens: 60, output_tokens: 12 });
    expect(chats().map(asksForNotes)).toEqual([true, false]);
    expect(shownTo(chats()[1] as never)).toEqual(compacted);
    expect(JSON.stringify(response)).not.toContain("called Ada");
    expect(await client.responses.retrieve(response.id)).toMatchObject({ output: response.output });
  });

  test("the stream tells of it, is legal for the client, and can be replayed", async () => {
    const stream = client.responses.stream({ model, input: talk, context_management });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types.slice(0, 6)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.compaction.compacting",
      "response.output_item.done",
      "response.output_item.added",
    ]);
    const final = await stream.finalResponse();
    expect(final.output.map(({ type }) => type)).toEqual(["compaction", "message"]);
    const replayed: string[] = [];
    for await (const { type } of await client.responses.retrieve(final.id, { stream: true }))
      replayed.push(type);
    expect(replayed).toEqual(types);
  });

  test("a chain and a conversation go on from it, and their items stay as they were", async () => {
    const first = await client.responses.create({ model, input: talk, context_management });
    const next = await client.responses.create({ model, input: "Thanks.", previous_response_id: first.id });
    expect(next.output_text).toBe("5 messages, the last: user: Thanks.");
    const items = await client.responses.inputItems.list(next.id, { order: "asc" });
    expect(items.data.map(({ type }) => type)).toEqual([
      ...["message", "message", "message", "message"],
      ...["compaction", "message", "message"],
    ]);
    const { id: conversation } = await client.conversations.create({});
    await client.responses.create({ model, input: talk, context_management, conversation });
    const last = await client.responses.create({ model, input: "Thanks.", conversation });
    expect(last.output_text).toBe(next.output_text);
  });

  test("a caller that keeps its context sends the item back", async () => {
    const ask = { model, context_management, store: false };
    const first = await client.responses.create({ ...ask, input: talk });
    const input = [...talk, ...first.output, { role: "user" as const, content: "Thanks." }];
    const whole = await client.responses.create({ ...ask, input: input as OpenAI.Responses.ResponseInput });
    const short = await client.responses.create({
      ...ask,
      input: input.slice(4) as OpenAI.Responses.ResponseInput,
    });
    for (const { output_text } of [whole, short])
      expect(output_text).toBe("5 messages, the last: user: Thanks.");
  });

  test("nobody else can send it, nor can it be changed", async () => {
    const { output } = await client.responses.create({ model, input: [...talk, trigger] });
    const [item] = output as [OpenAI.Responses.ResponseCompactionItem];
    const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "hi" }, item];
    const error = { status: 422, code: "invalid_encrypted_content", param: "input[1].encrypted_content" };
    const stranger = doors.client(door, "sk-bob");
    await expect(stranger.responses.create({ model, input })).rejects.toMatchObject(error);
    const changed = { ...item, encrypted_content: `${item.encrypted_content.slice(0, -4)}AAAA` };
    await expect(
      client.responses.create({ model, input: [{ role: "user", content: "hi" }, changed] }),
    ).rejects.toMatchObject(error);
  });

  test("a compaction_trigger gets a compaction and nothing else, in every way of asking", async () => {
    const input = [...talk, trigger];
    const whole = await client.responses.create({ model, input });
    const stream = await postStreamOf(input);
    expect(stream.events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.compaction.compacting",
      "response.output_item.done",
      "response.completed",
    ]);
    const queued = await client.responses.create({ model, input, background: true });
    const later = await waitFor(
      async () => {
        const response = await client.responses.retrieve(queued.id);
        return response.status === "completed" ? response : undefined;
      },
      { what: "the background compaction" },
    );
    for (const { output, usage } of [whole, stream.final, later]) {
      expect(output).toMatchObject([{ type: "compaction", id: expect.stringMatching(/^cmp_/) }]);
      expect(usage).toMatchObject({ input_tokens: 50, output_tokens: 7 });
    }
    // One that was not streamed can be heard as a stream afterwards.
    const replay = await EventReader.replay(doors.url(door), whole.id, { key: "sk-alice" });
    await replay.rest();
    expect((await checkFrames(replay.frames)).final.output).toEqual(whole.output);
    const next = await client.responses.create({ model, input: "Thanks.", previous_response_id: later.id });
    expect(next.output_text).toBe("4 messages, the last: user: Thanks.");
    await expect(
      client.responses.create({ model, input: [trigger, { role: "user", content: "hi" }] }),
    ).rejects.toMatchObject({ status: 422, param: "input[0]" });
  });

  async function postStreamOf(input: unknown) {
    const reader = await EventReader.create(doors.url(door), { input }, "sk-alice");
    await reader.rest();
    return checkFrames(reader.frames);
  }

  test("between two turns the searches that were made are compacted", async () => {
    const store = await addOtters(client);
    doors.backend.setDefault(
      notingModel({
        answer: (request) =>
          shownTo(request).join().includes("called Ada")
            ? text("They swim.")
            : toolCalls([{ name: "file_search", arguments: { queries: [`otters ${long}`.slice(0, 4000)] } }]),
      }),
    );
    const response = await client.responses.create({
      model,
      input: "Do otters swim?",
      tools: [searchOf(store)],
      context_management,
    });
    expect(response.output.map(({ type }) => type)).toEqual(["file_search_call", "compaction", "message"]);
    expect(response.output_text).toBe("They swim.");
  });

  test("a server that is too busy for the notes says so while there is a status", async () => {
    doors.backend.setDefault(notingModel({ notes: errorAnswer(429, {}, { "retry-after": "7" }) }));
    for (const stream of [true, false]) {
      await expect(
        client.responses.create({ model, input: talk, context_management, stream }),
      ).rejects.toMatchObject({ status: 429 });
    }
  });

  test("notes that break off leave the answer with the whole context", async () => {
    doors.backend.setDefault(notingModel({ notes: [roleChunk(), cut()] }));
    const response = await client.responses.create({ model, input: talk, context_management });
    expect(response.output_text).toBe("4 messages, the last: user: What is my name?");
    expect(response.output[0]).toMatchObject({ type: "compaction", encrypted_content: "" });
    const lines = await doors.gateway.settledLogs();
    expect(lines.some(({ msg }) => msg?.includes("could not be compacted"))).toBe(true);
  });

  test("a client that leaves ends the model's work on the notes", async () => {
    doors.backend.setDefault(notingModel({ notes: [roleChunk(), hang()] }));
    const stream = await client.responses.create({ model, input: talk, context_management, stream: true });
    for await (const { type } of stream) if (type === "response.compaction.compacting") break;
    const [chat] = chats();
    await chat?.whenAborted;
    expect(chat?.aborted).toBe(true);
  });
});
