import { text, toolCalls } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "./doors.ts";

describe.for(doorNames)("state through %s, by the official client", (door) => {
  let doors: Doors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startDoors();
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** What the backend was shown last: role and text of each message. */
  const shown = () =>
    (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ role, content }) => [role, content] as const);

  test("a chain carries everything but the instructions", async () => {
    doors.backend.setDefault(text("Hello Ada"));
    const first = await client.responses.create({
      model: "scripted",
      input: "I am Ada",
      instructions: "Be kind",
    });
    const second = await client.responses.create({
      model: "scripted",
      input: "And you?",
      previous_response_id: first.id,
    });
    await client.responses.create({ model: "scripted", input: "Who am I?", previous_response_id: second.id });
    expect(shown()).toEqual([
      ["user", "I am Ada"],
      ["assistant", "Hello Ada"],
      ["user", "And you?"],
      ["assistant", "Hello Ada"],
      ["user", "Who am I?"],
    ]);
  });

  test("a response is retrieved, listed with all its input, deleted, and then gone", async () => {
    doors.backend.setDefault(text("Yes"));
    const first = await client.responses.create({
      model: "scripted",
      input: "One",
      metadata: { topic: "numbers" },
    });
    const second = await client.responses.create({
      model: "scripted",
      previous_response_id: first.id,
      input: [
        { role: "user", content: [{ type: "input_text", text: "Two" }] },
        { role: "user", content: "Three" },
      ],
    });
    expect(await client.responses.retrieve(first.id)).toMatchObject({
      id: first.id,
      metadata: { topic: "numbers" },
    });
    const ids: string[] = [];
    for await (const item of client.responses.inputItems.list(second.id, { limit: 1, order: "asc" }))
      ids.push(String(item.id));
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    const newest = await client.responses.inputItems.list(second.id);
    expect(newest.data.map(({ id }) => id)).toEqual(ids.toReversed());

    await client.responses.delete(first.id);
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.delete(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(
      client.responses.create({ model: "scripted", input: "x", previous_response_id: first.id }),
    ).rejects.toMatchObject({ status: 404, code: "previous_response_not_found" });
    await client.responses.create({ model: "scripted", input: "Four", previous_response_id: second.id });
    expect(shown().map(([, content]) => content)).toEqual(["Two", "Three", "Yes", "Four"]);
  });

  test("store: false leaves nothing behind", async () => {
    doors.backend.setDefault(text("Gone"));
    const response = await client.responses.create({ model: "scripted", input: "x", store: false });
    await expect(client.responses.retrieve(response.id)).rejects.toMatchObject({ status: 404 });
    await expect(
      client.responses.create({ model: "scripted", input: "y", previous_response_id: response.id }),
    ).rejects.toMatchObject({ status: 404 });
  });

  test("a function's output answers its call in the next turn, and not before", async () => {
    const tools = [{ type: "function" as const, name: "add", parameters: {}, strict: false }];
    doors.backend.setDefault(toolCalls([{ name: "add", arguments: { a: 1 } }]));
    const first = await client.responses.create({ model: "scripted", input: "1 + 1", tools });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error("no call");
    doors.backend.setDefault(text("2"));
    await expect(
      client.responses.create({ model: "scripted", input: "well?", previous_response_id: first.id }),
    ).rejects.toMatchObject({ status: 422, param: "input" });
    await client.responses.create({
      model: "scripted",
      previous_response_id: first.id,
      input: [
        {
          type: "function_call_output",
          call_id: call.call_id,
          output: [{ type: "input_text", text: "two" }],
        },
      ],
    });
    expect(doors.backend.requests.at(-1)?.body.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: call.call_id, function: { name: "add" } }] },
      { role: "tool", tool_call_id: call.call_id, content: "two" },
    ]);
  });

  test("a stored item can be referred to", async () => {
    doors.backend.setDefault(text("Blue"));
    const first = await client.responses.create({ model: "scripted", input: "Colour?" });
    await client.responses.create({
      model: "scripted",
      input: [
        { type: "item_reference", id: first.output[0]?.id ?? "" },
        { role: "user", content: "Why?" },
      ],
    });
    expect(shown()).toEqual([
      ["assistant", "Blue"],
      ["user", "Why?"],
    ]);
  });

  test("a conversation is kept whole, in order, and reaches the model", async () => {
    doors.backend.setDefault(text("Noted"));
    const conversation = await client.conversations.create({
      metadata: { user: "ada" },
      items: [{ type: "message", role: "user", content: "Zero" }],
    });
    await client.conversations.items.create(conversation.id, {
      items: Array.from({ length: 12 }, (_, n) => ({
        type: "message" as const,
        role: "user" as const,
        content: `Item ${n}`,
      })),
    });
    for (const turn of ["One", "Two"]) {
      await client.responses.create({ model: "scripted", input: turn, conversation: conversation.id });
    }
    const words = ["Zero", ...Array.from({ length: 12 }, (_, n) => `Item ${n}`), "One", "Noted", "Two"];
    expect(shown().map(([, content]) => content)).toEqual(words);

    const listed: string[] = [];
    for await (const item of client.conversations.items.list(conversation.id, { order: "asc", limit: 5 })) {
      if (item.type === "message") listed.push(JSON.stringify(item.content));
    }
    expect(listed).toHaveLength(words.length + 1);
    expect(listed.at(-1)).toContain("Noted");

    const [newest] = (await client.conversations.items.list(conversation.id, { limit: 1 })).data;
    const itemId = String(newest?.id);
    expect(
      await client.conversations.items.retrieve(itemId, { conversation_id: conversation.id }),
    ).toMatchObject({ id: itemId });
    expect(
      await client.conversations.items.delete(itemId, { conversation_id: conversation.id }),
    ).toMatchObject({
      id: conversation.id,
      object: "conversation",
    });
    await expect(
      client.conversations.items.retrieve(itemId, { conversation_id: conversation.id }),
    ).rejects.toMatchObject({
      status: 404,
    });

    expect(await client.conversations.update(conversation.id, { metadata: { user: "eve" } })).toMatchObject({
      metadata: { user: "eve" },
    });
    expect(await client.conversations.retrieve(conversation.id)).toMatchObject({ metadata: { user: "eve" } });
    expect(await client.conversations.delete(conversation.id)).toMatchObject({
      deleted: true,
      object: "conversation.deleted",
    });
    await expect(client.conversations.retrieve(conversation.id)).rejects.toMatchObject({ status: 404 });
  });

  test("what has no effect is named, never dropped in silence", async () => {
    doors.backend.setDefault(text("ok"));
    const { response } = await client.responses
      .create({
        model: "scripted",
        input: "x",
        truncation: "auto",
        tools: [{ type: "web_search" }, { type: "function", name: "f", parameters: {}, strict: false }],
        ...({ made_up: 1 } as object),
      })
      .withResponse();
    expect(response.headers.get("x-gateway-ignored")?.split(", ").sort()).toEqual([
      "made_up",
      "tools[0].type=web_search",
    ]);
    expect(doors.backend.requests.at(-1)?.body.tools).toHaveLength(1);
  });

  test("models are listed and found by names with slashes and colons", async () => {
    doors.backend.setModels(["scripted", "org/model:7b"]);
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain("scripted");
    await expect(client.models.retrieve("nothing/of:that")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });
});
