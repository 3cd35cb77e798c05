import { text, toolCalls } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";

type InputItem = OpenAI.Responses.ResponseInputItem;
const ask = { model: "scripted", input: "hi" };
const tools = [{ type: "function" as const, name: "add", parameters: {}, strict: false }];

describe.for(doorNames)("what the official Node client keeps at the gateway through %s", (door) => {
  let doors: Doors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startDoors();
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("pages through input items, item by item and page by page, either way round", async () => {
    doors.backend.setDefault(text("ok"));
    const words = Array.from({ length: 7 }, (_, n) => `word ${n}`);
    const { id } = await client.responses.create({
      ...ask,
      input: words.map((content) => ({
        role: "user" as const,
        content: [{ type: "input_text", text: content }],
      })),
    });
    const seen: string[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 3, order: "asc" }))
      seen.push(wordsOf(item));
    expect(seen).toEqual(words);

    const sizes: number[] = [];
    const newest: string[] = [];
    for await (const page of (await client.responses.inputItems.list(id, { limit: 3 })).iterPages()) {
      sizes.push(page.data.length);
      newest.push(...page.data.map(wordsOf));
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(newest).toEqual(words.toReversed());

    const all = await client.responses.inputItems.list(id, {
      limit: 100,
      include: ["reasoning.encrypted_content"],
    });
    expect(all.hasNextPage()).toBe(false);
    expect(all.data.map(wordsOf)).toEqual(newest);
  });

  test("refuses a page that cannot be", async () => {
    doors.backend.setDefault(text("ok"));
    const { id } = await client.responses.create(ask);
    const page = (query: object) => client.responses.inputItems.list(id, query);
    await expect(page({ limit: 0 })).rejects.toBeInstanceOf(OpenAI.UnprocessableEntityError);
    await expect(page({ limit: 101 })).rejects.toMatchObject({ param: "limit" });
    await expect(page({ order: "up" })).rejects.toMatchObject({ param: "order", code: "invalid_value" });
    await expect(page({ after: "msg_none" })).rejects.toMatchObject({ status: 404, param: "after" });
    await expect(client.responses.inputItems.list("resp_none")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("sends output back as input, as the client keeps it, and without storing anything", async () => {
    doors.backend.setDefault(toolCalls([{ name: "add", arguments: { a: 1 } }], { text: "Let me add." }));
    const input: InputItem[] = [{ role: "user", content: "1 + 1?" }];
    const first = await client.responses.parse({ ...ask, input, tools, store: false });
    for (const item of first.output) {
      // As SDK users do: the parsed objects, with the keys the SDK has added.
      input.push(item as InputItem);
      if (item.type === "function_call")
        input.push({ type: "function_call_output", call_id: item.call_id, output: "2" });
    }
    doors.backend.setDefault(text("It is 2"));
    const second = await client.responses.create({ ...ask, input, tools, store: false });
    expect(second.output_text).toBe("It is 2");
    expect(doors.backend.requests.at(-1)?.body.messages).toMatchObject([
      { role: "user", content: "1 + 1?" },
      { role: "assistant", content: "Let me add.", tool_calls: [{ function: { name: "add" } }] },
      { role: "tool", content: "2" },
    ]);
  });

  test("branches from one response twice", async () => {
    doors.backend.setDefault(text("Blue"));
    const root = await client.responses.create({ ...ask, input: "Colour?" });
    for (const input of ["Lighter", "Darker"]) {
      await client.responses.create({ ...ask, input, previous_response_id: root.id });
      const shown = doors.backend.requests.at(-1)?.body.messages?.map(({ content }) => content);
      expect(shown).toEqual(["Colour?", "Blue", input]);
    }
  });

  test("deletes a response once", async () => {
    doors.backend.setDefault(text("ok"));
    const { id } = await client.responses.create(ask);
    await client.responses.delete(id);
    for (const gone of [
      () => client.responses.delete(id),
      () => client.responses.retrieve(id),
      () => client.responses.inputItems.list(id),
      () => client.responses.cancel(id),
    ]) {
      await expect(gone()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    }
  });

  test("cannot cancel what does not run in the background", async () => {
    doors.backend.setDefault(text("ok"));
    const { id } = await client.responses.create(ask);
    await expect(client.responses.cancel(id)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });

  test("keeps a conversation: its metadata, its items, and who takes part in it", async () => {
    const conversation = await client.conversations.create({ metadata: { topic: "tea" } });
    expect(conversation).toMatchObject({
      id: expect.stringMatching(/^conv_/),
      object: "conversation",
      created_at: expect.any(Number),
      metadata: { topic: "tea" },
    });
    const added = await client.conversations.items.create(conversation.id, {
      items: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
        { type: "function_call", call_id: "c1", name: "add", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "2" },
      ],
    });
    expect(added.data.map(({ type }) => type)).toEqual(["message", "function_call", "function_call_output"]);
    doors.backend.setDefault(text("Noted"));
    const response = await client.responses.create({ ...ask, conversation: { id: conversation.id } });
    expect(response.conversation).toEqual({ id: conversation.id });
    const items: OpenAI.Conversations.ConversationItem[] = [];
    for await (const item of client.conversations.items.list(conversation.id, { order: "asc", limit: 2 }))
      items.push(item);
    expect(items.map((item) => ("role" in item ? item.role : item.type))).toEqual([
      "developer",
      "function_call",
      "function_call_output",
      "user",
      "assistant",
    ]);
    expect(items.at(-1)).toMatchObject(response.output[0] ?? {});
    const [first] = items;
    const only = await client.conversations.items.retrieve(String(first?.id), {
      conversation_id: conversation.id,
    });
    expect(only).toEqual(first);
  });

  test("changes and ends a conversation; its responses stay", async () => {
    doors.backend.setDefault(text("ok"));
    const { id } = await client.conversations.create({ metadata: { a: "1" } });
    const response = await client.responses.create({ ...ask, conversation: id });
    expect(await client.conversations.update(id, { metadata: { b: "2" } })).toMatchObject({
      metadata: { b: "2" },
    });
    expect((await client.conversations.retrieve(id)).metadata).toEqual({ b: "2" });
    expect(await client.conversations.delete(id)).toEqual({
      id,
      object: "conversation.deleted",
      deleted: true,
    });
    for (const gone of [
      () => client.conversations.retrieve(id),
      () => client.conversations.update(id, { metadata: {} }),
      () => client.conversations.delete(id),
      () => client.conversations.items.list(id),
      () => client.responses.create({ ...ask, conversation: id }),
    ]) {
      await expect(gone()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    }
    expect((await client.responses.retrieve(response.id)).output_text).toBe("ok");
  });

  test("takes at most 20 items at a time, and metadata of 16 pairs", async () => {
    const items = Array.from({ length: 21 }, () => ({
      type: "message" as const,
      role: "user" as const,
      content: "x",
    }));
    await expect(client.conversations.create({ items })).rejects.toMatchObject({
      status: 422,
      param: "items",
    });
    const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, "v"]));
    await expect(client.conversations.create({ metadata })).rejects.toMatchObject({
      status: 422,
      param: "metadata",
    });
  });
});

function wordsOf(item: OpenAI.Responses.ResponseItem): string {
  const [part] = item.type === "message" ? item.content : [];
  return part?.type === "input_text" ? part.text : "";
}
