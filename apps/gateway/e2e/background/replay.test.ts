import type { ResponseEvent } from "@gateway/protocol";
import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerKinds } from "../clients/answer-kinds.ts";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { searching } from "../knowledge/scripted-search.ts";
import { checkFrames } from "../read-stream.ts";
import { EventReader, NoStream, replayed } from "./event-reader.ts";
import { addOtters, searchOf } from "./otters.ts";

const kinds = [
  ...answerKinds.map(({ name, request, answer }) => ({ name, request, status: answer.status })),
  { name: "search", request: {}, status: "completed" },
  { name: "search-with-results", request: { include: ["file_search_call.results"] }, status: "completed" },
  { name: "unreachable-second-turn", request: {}, status: "failed" },
];

describe.for(oneDoor)("the replay of a streamed response through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  let tools: object[];
  beforeAll(async () => {
    doors = await startKnowledge({ auth: twoTenants, models: undefined });
    base = doors.url(door);
    client = doors.client(door, "sk-alice");
    for (const { name, backend } of answerKinds) doors.backend.byModel(name, backend);
    const search = searching({ searches: [["otters swim"], ["rivers"]], answer: "They swim 【1】." });
    for (const name of ["search", "search-with-results"]) doors.backend.byModel(name, search);
    const broken = searching({ searches: [["otters swim"]], answer: "" });
    doors.backend.byModel("unreachable-second-turn", broken, { do: "cut", reset: true });
    doors.backend.setModels(kinds.map(({ name }) => name));
    tools = [searchOf(await addOtters(client))];
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const key = "sk-alice";
  /** Streams an answer of a kind to its end. */
  async function stream(model: string, body: object = {}): Promise<EventReader> {
    const withTools = model.startsWith("search") || model.startsWith("unreachable") ? { tools } : {};
    const reader = await EventReader.create(base, { model, ...withTools, ...body }, key);
    await reader.rest();
    return reader;
  }

  test.for(kinds)(
    "'$name': the bytes of the stream, from behind every number",
    async ({ name, request, status }) => {
      const sent = await stream(name, request);
      expect((await checkFrames(sent.frames)).final.status).toBe(status);
      expect(await replayed(base, sent.id, { key })).toBe(sent.bytes);
      // Numbers beyond the end: nothing is left.
      const numbers = Array.from({ length: sent.last + 3 }, (_, n) => n - 1);
      const suffixes = await Promise.all(numbers.map((after) => replayed(base, sent.id, { after, key })));
      expect(suffixes).toEqual(numbers.map((after) => sent.bytesAfter(after)));
      expect(suffixes.at(-1)).toBe("data: [DONE]\n\n");
    },
  );

  test("'search': results are in the replay where they were in the stream, and only there", async () => {
    for (const [model, include, shows] of [
      ["search", [], false],
      ["search-with-results", ["file_search_call.results"], true],
    ] as const) {
      const sent = await stream(model, { include });
      const bytes = await replayed(base, sent.id, { key });
      expect(bytes.includes("Otters swim in rivers.")).toBe(shows);
      expect(bytes).toBe(sent.bytes);
    }
  });

  test("padding is left out when it is not wanted, whatever the stream had", async () => {
    const padded = await stream("text");
    const bare = await stream("text", { stream_options: { include_obfuscation: false } });
    expect(padded.bytes).toContain('"obfuscation"');
    expect(bare.bytes).not.toContain('"obfuscation"');
    const withoutPadding = padded.events.map((event) => ({ ...event, obfuscation: undefined }));
    const asked = await EventReader.replay(base, padded.id, { obfuscation: false, key });
    expect(await asked.rest()).not.toContain('"obfuscation"');
    expect(asked.events).toEqual(withoutPadding);
    expect(await replayed(base, bare.id, { obfuscation: false, key })).toBe(bare.bytes);
    expect(await replayed(base, bare.id, { obfuscation: true, key })).toContain('"obfuscation"');
    expect(await replayed(base, padded.id, { obfuscation: true, after: 4, key })).toBe(padded.bytesAfter(4));
  });

  test("the official client reads it, from the beginning and from behind a number, and adds it up", async () => {
    const sent = await stream(
      "everything-from-vllm",
      answerKinds.find(({ name }) => name === "call")?.request,
    );
    const read = async (query: object): Promise<ResponseEvent[]> => {
      const events: unknown[] = [];
      for await (const event of await client.responses.retrieve(sent.id, { stream: true, ...query }))
        events.push(event);
      return events as ResponseEvent[];
    };
    expect(await read({})).toEqual(sent.events);
    expect(await read({ starting_after: 7 })).toEqual(sent.events.slice(8));
    const numbers: number[] = [];
    const helper = client.responses.stream({ response_id: sent.id, starting_after: 7 });
    for await (const event of helper) numbers.push(event.sequence_number);
    expect(numbers).toEqual(sent.events.slice(8).map(({ sequence_number }) => sequence_number));
    expect(await helper.finalResponse()).toMatchObject({
      id: sent.id,
      output: (await client.responses.retrieve(sent.id)).output,
    });
  });

  test("twenty readers at once see the same", async () => {
    const sent = await stream("reasoning");
    const all = await Promise.all(Array.from({ length: 20 }, () => replayed(base, sent.id, { key })));
    expect(new Set(all)).toEqual(new Set([sent.bytes]));
  });

  test("a response is not there for another tenant, once it is deleted, or when it was not stored", async () => {
    const sent = await stream("text");
    const unstored = await stream("text", { store: false });
    const gone: [string, string, number?][] = [
      [sent.id, "sk-bob"],
      [sent.id, "sk-bob", sent.last],
      [unstored.id, key],
      ["resp_none", key],
    ];
    for (const [id, asker, after] of gone) {
      const refused = await EventReader.replay(base, id, { key: asker, after }).catch((error) => error);
      expect(refused).toBeInstanceOf(NoStream);
      expect(refused).toMatchObject({ status: 404, message: expect.stringContaining(id) });
    }
    await client.responses.delete(sent.id);
    await expect(EventReader.replay(base, sent.id, { key })).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.retrieve(sent.id, { stream: true })).rejects.toMatchObject({ status: 404 });
  });

  test.for([
    ["starting_after", "x", "invalid_type"],
    ["starting_after", "1.5", "invalid_type"],
    ["starting_after", "-2", "integer_below_min_value"],
    ["starting_after", "NaN", "invalid_type"],
    ["starting_after", "99999999999999999999", "integer_above_max_value"],
    ["stream", "maybe", "invalid_value"],
    ["include_obfuscation", "1", "invalid_value"],
  ])("%s=%s is refused", async ([param = "", value = "", code]) => {
    const sent = await stream("text");
    const query = new URLSearchParams({ stream: "true", [param]: value });
    const response = await fetch(`${base}/responses/${sent.id}?${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param, code } });
  });

  test("a reader that leaves in the middle does no harm", async () => {
    const sent = await stream("text");
    const reader = await EventReader.replay(base, sent.id, { key });
    await reader.until("response.output_text.delta");
    reader.leave();
    expect(await replayed(base, sent.id, { key })).toBe(sent.bytes);
    doors.backend.setDefault(text("fine"));
    expect((await client.responses.create({ model: "text", input: "hi" })).status).toBe("completed");
  });
});
