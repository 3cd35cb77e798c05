import { checkStream } from "@gateway/protocol/grammar";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerKinds } from "../clients/answer-kinds.ts";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { searching } from "../knowledge/scripted-search.ts";
import { checkFrames } from "../read-stream.ts";
import { EventReader, replayed } from "./event-reader.ts";
import { addOtters, searchOf } from "./otters.ts";

// One that failed is a status; its client never gets to know an id.
const kinds = [
  ...answerKinds.filter(({ answer }) => answer.status !== "failed"),
  { name: "search", request: {}, answer: { text: "They swim." } },
];

describe.for(oneDoor)("the replay of a response that was not streamed, through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  let tools: OpenAI.Responses.Tool[];
  beforeAll(async () => {
    doors = await startKnowledge({ models: undefined });
    base = doors.url(door);
    client = doors.client(door);
    for (const { name, backend } of answerKinds) doors.backend.byModel(name, backend);
    doors.backend.byModel("search", searching({ searches: [["otters swim"]], answer: "They swim 【1】." }));
    doors.backend.setModels(kinds.map(({ name }) => name));
    tools = [searchOf(await addOtters(client))];
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(kinds)("'$name': tells of the stored response", async ({ name, request, answer }) => {
    const withTools = name === "search" ? { tools } : {};
    const { id } = await client.responses.create({ model: name, input: "hi", ...withTools, ...request });
    const told = await EventReader.replay(base, id);
    await told.rest();
    checkStream(told.events);
    const { accumulated, final } = await checkFrames(told.frames);
    const stored = await client.responses.retrieve(id);
    expect(stored.output_text).toBe(answer.text);
    const { output_text: _, ...body } = stored;
    expect(final).toEqual(body);
    expect(accumulated.output).toMatchObject(stored.output);

    const numbers = Array.from({ length: told.last + 2 }, (_, n) => n - 1);
    const suffixes = await Promise.all(numbers.map((after) => replayed(base, id, { after })));
    expect(suffixes).toEqual(numbers.map((after) => told.bytesAfter(after)));
  });

  test("'search': does not show the results, which a client has to ask for", async () => {
    const { id } = await client.responses.create({
      model: "search",
      input: "hi",
      tools,
      include: ["file_search_call.results"],
    });
    const told = await replayed(base, id);
    expect(told).toContain("response.file_search_call.completed");
    expect(told).not.toContain("Otters swim in rivers.");
  });

  test("is the same after a restart", async () => {
    const { id } = await client.responses.create({ model: "reasoning", input: "hi" });
    const streamed = await EventReader.create(base, { model: "reasoning" });
    await streamed.rest();
    const told = await replayed(base, id);
    await doors.restart();
    base = doors.url(door);
    client = doors.client(door);
    expect(await replayed(base, id)).toBe(told);
    expect(await replayed(base, streamed.id)).toBe(streamed.bytes);
  });
});
