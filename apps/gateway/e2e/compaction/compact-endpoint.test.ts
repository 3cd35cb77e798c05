import { errorAnswer, hang, roleChunk, type Script, text, waitFor } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { asksForNotes, chatsOf, notingModel, shownTo } from "./noting-model.ts";

const model = "scripted";
const talk: OpenAI.Responses.ResponseInput = [
  { role: "developer", content: "Be brief." },
  { role: "user", content: "My name is Ada." },
  { role: "assistant", content: "Hello Ada." },
  { role: "user", content: "What is my name?" },
  { role: "assistant", content: "Ada." },
];

describe.for(oneDoor)("POST /v1/responses/compact through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  let asked = 0;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    doors.backend.setDefault(notingModel());
    asked = chatsOf(doors.backend.requests).length;
  });

  const chats = () => chatsOf(doors.backend.requests).slice(asked);
  const setNotes = (notes: Script) => doors.backend.setDefault(notingModel({ notes }));
  const ask = async (input: unknown[]) => {
    const said = { role: "user", content: "Thanks." };
    const response = await client.responses.create({
      model,
      input: [...input, said] as OpenAI.Responses.ResponseInput,
    });
    return response.output_text;
  };

  test("gives a window that can be sent back, and compacted again", async () => {
    const first = await client.responses.compact({ model, input: talk });
    expect(first).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: "response.compaction",
      created_at: expect.any(Number),
      output: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "My name is Ada." }] },
        { type: "message", role: "user", content: [{ type: "input_text", text: "What is my name?" }] },
        { type: "compaction", id: expect.stringMatching(/^cmp_/), encrypted_content: expect.any(String) },
      ],
      usage: { input_tokens: 50, output_tokens: 7, total_tokens: 57 },
    });
    expect(JSON.stringify(first)).not.toContain("called Ada");
    expect(await ask(first.output)).toBe("6 messages, the last: user: Thanks.");
    expect(shownTo(chats()[1] as never)[3]).toContain("The user is called Ada.");

    const more = [
      { role: "user" as const, content: "And my town?" },
      { role: "assistant" as const, content: "I do not know." },
    ];
    const input = [...first.output, ...more] as OpenAI.Responses.ResponseInput;
    const second = await client.responses.compact({ model, input });
    expect(second.output.map(({ type }) => type)).toEqual(["message", "message", "message", "compaction"]);
    expect(shownTo(chats()[2] as never).at(-1)).toContain("<notes>\nThe user is called Ada.\n</notes>");
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  test("takes the context of a response or a conversation, and the default model", async () => {
    const { id } = await client.responses.create({ model, input: talk.slice(0, 2) });
    const { id: conversation } = await client.conversations.create({ items: talk.slice(0, 3) });
    for (const body of [
      { previous_response_id: id },
      { conversation },
      { previous_response_id: id, model: null },
    ]) {
      const compacted = await client.responses.compact({
        model,
        ...body,
      } as OpenAI.Responses.ResponseCompactParams);
      expect(compacted.output.map(({ type }) => type)).toEqual(["message", "compaction"]);
    }
  });

  test("serves a session that compacts its history, by response or by items", async () => {
    // What the Agents SDK's OpenAIResponsesCompactionSession does after a turn: compact, then keep the output as history.
    let history: unknown[] = [];
    let last: OpenAI.Responses.Response | undefined;
    for (const mode of ["previous_response_id", "input"] as const) {
      history.push({ type: "message", role: "user", content: `I use ${mode}.` });
      last = await client.responses.create({ model, input: history as OpenAI.Responses.ResponseInput });
      history.push(...last.output);
      const { output } = await client.responses.compact({
        model,
        ...(mode === "input"
          ? { input: history as OpenAI.Responses.ResponseInput }
          : { previous_response_id: last.id }),
      });
      history = output.map((item) => ({ ...item }));
    }
    expect(history).toMatchObject([{ role: "user" }, { role: "user" }, { type: "compaction" }]);
    expect(await ask(history)).toContain("the last: user: Thanks.");
  });

  test.for<[string, Script, number]>([
    ["too many requests", errorAnswer(429, {}, { "retry-after": "7" }), 429],
    ["a broken server", errorAnswer(500), 500],
    ["no words at all", text(""), 500],
  ])("says what went wrong: %s", async ([, notes, status]) => {
    setNotes(notes);
    await expect(client.responses.compact({ model, input: talk.slice(0, 4) })).rejects.toMatchObject({
      status,
    });
  });

  test.for<[string, object, object]>([
    ["an unknown model", { model: "other", input: "hi" }, { status: 404, code: "model_not_found" }],
    [
      "an unknown response",
      { previous_response_id: "resp_0" },
      { status: 404, code: "previous_response_not_found" },
    ],
    ["nothing to compact", {}, { status: 422, param: "input" }],
    [
      "a damaged compaction",
      { input: [{ type: "compaction", encrypted_content: "x" }] },
      { status: 422, param: "input[0].encrypted_content" },
    ],
  ])("refuses %s", async ([, body, error]) => {
    await expect(
      client.responses.compact({ model, ...body } as OpenAI.Responses.ResponseCompactParams),
    ).rejects.toMatchObject(error);
  });

  test("names what has no effect", async () => {
    const body = { model, input: talk, image: { context_compression: "auto" as const } };
    const { response } = await client.responses.compact(body).withResponse();
    expect(response.headers.get("x-gateway-ignored")).toBe("image");
  });

  test("ends the model's work when the client leaves", async () => {
    setNotes([roleChunk(), hang()]);
    const leaving = new AbortController();
    const compacting = client.responses.compact(
      { model, input: talk.slice(0, 4) },
      { signal: leaving.signal },
    );
    const chat = await waitFor(() => chats()[0], { what: "the request for notes" });
    expect(asksForNotes(chat)).toBe(true);
    leaving.abort();
    await expect(compacting).rejects.toThrow();
    await chat.whenAborted;
  });
});
