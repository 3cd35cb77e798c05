import { checkStream } from "@gateway/protocol/grammar";
import { text, toolCalls } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { searching, shownResults } from "./scripted-search.ts";
import { settledStore } from "./settled-store.ts";

type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming;

describe.for(doorNames)("file_search through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  let animals: string;
  let plants: string;
  let empty: string;
  const files: Record<string, string> = {};
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
    const add = async (name: string, content: string) => {
      const file = await toFile(Buffer.from(content), name);
      files[name] = (await client.files.create({ file, purpose: "assistants" })).id;
      return files[name];
    };
    const otters = await add("otters.md", "Otters swim in rivers.");
    const cats = await add("cats.md", "Cats sleep all day.");
    const ferns = await add("ferns.md", "Ferns grow in shade.");
    animals = (await client.vectorStores.create({})).id;
    await client.vectorStores.fileBatches.create(animals, {
      files: [
        { file_id: otters, attributes: { wet: true } },
        { file_id: cats, attributes: { wet: false } },
      ],
    });
    plants = (await client.vectorStores.create({ file_ids: [ferns] })).id;
    empty = (await client.vectorStores.create({})).id;
    for (const id of [animals, plants]) await settledStore(client, id);
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    doors.backend.setDefault(
      searching({ searches: [["otters swim"]], answer: "They swim 【1】. So it is." }),
    );
  });

  const tool = (...ids: string[]) => ({ type: "file_search" as const, vector_store_ids: ids });
  const ask = (changes: Partial<Request> = {}): Request => ({
    model: "scripted",
    input: "What do otters do?",
    tools: [tool(animals)],
    ...changes,
  });
  const include: Request["include"] = ["file_search_call.results"];
  const shown = () => shownResults(doors.backend.requests.at(-1));

  test("is an item of its own before the answer, which cites what was found", async () => {
    const before = doors.backend.requests.length;
    const response = await client.responses.create(ask());
    expect(response.output).toMatchObject([
      {
        type: "file_search_call",
        id: expect.stringMatching(/^fs_/),
        status: "completed",
        queries: ["otters swim"],
        results: null,
      },
      {
        type: "message",
        content: [
          {
            type: "output_text",
            text: "They swim. So it is.",
            annotations: [
              { type: "file_citation", index: 9, file_id: files["otters.md"], filename: "otters.md" },
            ],
          },
        ],
      },
    ]);
    expect(response.usage).toMatchObject({ input_tokens: 20, output_tokens: 10, total_tokens: 30 });
    expect(response.tools).toMatchObject([{ type: "file_search", vector_store_ids: [animals] }]);
    const [first, second, ...more] = doors.backend.requests.slice(before);
    expect(more).toEqual([]);
    expect(first?.body.tools).toMatchObject([{ type: "function", function: { name: "file_search" } }]);
    expect(second?.body.messages?.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(shown()[0]).toContain("【1】 otters.md\nOtters swim in rivers.");
  });

  test("is streamed so that the client's own accumulator has what is stored", async () => {
    const stream = client.responses.stream({ ...ask(), stream: true });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    checkStream(events as never);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type.includes("file_search"))).toEqual([
      "response.file_search_call.in_progress",
      "response.file_search_call.searching",
      "response.file_search_call.completed",
    ]);
    const annotation = events.find(({ type }) => type === "response.output_text.annotation.added");
    expect(annotation).toMatchObject({
      output_index: 1,
      content_index: 0,
      annotation_index: 0,
      annotation: { type: "file_citation", index: 9, file_id: files["otters.md"] },
    });
    const deltas = events.flatMap((event) =>
      event.type === "response.output_text.delta" ? [event.delta] : [],
    );
    expect(deltas.join("")).toBe("They swim. So it is.");
    const final = await stream.finalResponse();
    const { output_parsed: _, ...rest } = final as typeof final & { output_parsed?: unknown };
    const stored = await client.responses.retrieve(final.id);
    expect(JSON.parse(JSON.stringify(rest.output))).toMatchObject(JSON.parse(JSON.stringify(stored.output)));
    expect([rest.status, rest.usage]).toEqual([stored.status, stored.usage]);
  });

  test.for([
    { tokens: ["They", " swim", " 【", "1", "】", ".", " Yes"], written: "They swim. Yes", index: 9 },
    { tokens: ["They swim 【1†otters.md】. Yes"], written: "They swim. Yes", index: 9 },
    { tokens: [..."They swim【1】. Yes"], written: "They swim. Yes", index: 9 },
    { tokens: ["Überall 😀 【1】", " ja"], written: "Überall 😀 ja", index: 9 },
  ])("cites at the right place however the mark is cut: $tokens", async ({ tokens, written, index }) => {
    doors.backend.setDefault(searching({ searches: [["otters"]], answer: "", tokens }));
    const { events, final, accumulated } = await postStream(new URL(doors.url(door)).origin, { ...ask() });
    let streamed = "";
    let place = -1;
    for (const event of events) {
      if (event.type === "response.output_text.delta") streamed += event.delta;
      if (event.type === "response.output_text.annotation.added") place = [...streamed].length;
    }
    expect([streamed, place]).toEqual([written, index]);
    const content = [
      { text: written, annotations: [{ type: "file_citation", index, file_id: files["otters.md"] }] },
    ];
    expect(final.output[1]).toMatchObject({ content });
    expect(accumulated.output[1]).toMatchObject({ content });
  });

  test("tells its results where they are asked for, in all answers, and nowhere else", async () => {
    const results = [
      {
        file_id: files["otters.md"],
        filename: "otters.md",
        score: expect.any(Number),
        text: "Otters swim in rivers.",
        attributes: { wet: true },
      },
    ];
    const one = { ...tool(animals), max_num_results: 1 };
    const asked = await client.responses.create(ask({ tools: [one], include }));
    expect(asked.output[0]).toMatchObject({ results });
    expect((await client.responses.retrieve(asked.id)).output[0]).toMatchObject({ results: null });
    expect((await client.responses.retrieve(asked.id, { include })).output[0]).toMatchObject({ results });

    const silent = await client.responses.create(ask({ tools: [one] }));
    expect(silent.output[0]).toMatchObject({ results: null });
    expect((await client.responses.retrieve(silent.id, { include })).output[0]).toMatchObject({ results });

    const origin = new URL(doors.url(door)).origin;
    const told = await postStream(origin, { ...ask({ tools: [one], include }) });
    const done = told.events.find(({ type }) => type === "response.output_item.done");
    expect(done).toMatchObject({ item: { type: "file_search_call", results } });
    expect(told.final.output[0]).toMatchObject({ results });
    const hidden = await postStream(origin, { ...ask({ tools: [one] }) });
    expect(JSON.stringify(hidden.events)).not.toContain("Otters swim in rivers.");
  });

  test("filters, ranks and limits as the tool says", async () => {
    const search = async (settings: object) => {
      const { output } = await client.responses.create(
        ask({ tools: [{ ...tool(animals), ...settings }], include }),
      );
      const [call] = output;
      if (call?.type !== "file_search_call") throw new Error("no search");
      return call.results?.map(({ filename }) => filename);
    };
    doors.backend.setDefault(searching({ searches: [["otters cats swim sleep"]], answer: "So." }));
    expect((await search({}))?.toSorted()).toEqual(["cats.md", "otters.md"]);
    expect(await search({ filters: { type: "eq", key: "wet", value: false } })).toEqual(["cats.md"]);
    expect(await search({ max_num_results: 1 })).toHaveLength(1);
    expect(await search({ ranking_options: { ranker: "auto", score_threshold: 1 } })).not.toHaveLength(2);
    await expect(search({ max_num_results: 51 })).rejects.toMatchObject({
      status: 422,
      param: "tools[0].max_num_results",
    });
    await expect(search({ filters: { type: "nor", filters: [] } })).rejects.toMatchObject({ status: 422 });
  });

  test("looks into several stores, and into an empty one without finding anything", async () => {
    doors.backend.setDefault(
      searching({ searches: [["otters swim", "ferns grow"]], answer: "Both 【1】【2】" }),
    );
    const both = await client.responses.create(ask({ tools: [tool(animals, plants)], include }));
    const cited = both.output[1]?.type === "message" ? both.output[1].content : [];
    expect(shown()[0]).toMatch(/otters\.md[\s\S]*ferns\.md|ferns\.md[\s\S]*otters\.md/);
    expect(cited).toMatchObject([{ text: "Both", annotations: [{ index: 4 }, { index: 4 }] }]);

    doors.backend.setDefault(searching({ searches: [["otters"]], answer: "Nothing 【1】" }));
    const none = await client.responses.create(ask({ tools: [tool(empty)], include }));
    expect(none).toMatchObject({
      status: "completed",
      output: [
        { type: "file_search_call", status: "completed", results: [] },
        // A mark that names nothing found is no part of the answer.
        { content: [{ text: "Nothing", annotations: [] }] },
      ],
    });
    expect(shown()).toEqual(["Nothing was found."]);
  });

  test("needs stores that exist, and at least one", async () => {
    const before = doors.backend.requests.length;
    for (const stream of [false, true])
      await expect(
        client.responses.create({ ...ask({ tools: [tool("vs_none")] }), stream }),
      ).rejects.toMatchObject({
        status: 404,
        param: "tools[0].vector_store_ids[0]",
        type: "invalid_request_error",
      });
    await expect(
      client.responses.create(
        ask({
          tools: [{ type: "function", name: "f", parameters: {}, strict: false }, tool(animals, "vs_none")],
        }),
      ),
    ).rejects.toMatchObject({ status: 404, param: "tools[1].vector_store_ids[1]" });
    await expect(client.responses.create(ask({ tools: [tool()] }))).rejects.toMatchObject({ status: 422 });
    expect(doors.backend.requests).toHaveLength(before);
  });

  test("is called first where tool_choice says so, and then no more by force", async () => {
    const before = doors.backend.requests.length;
    const { tool_choice } = await client.responses.create(ask({ tool_choice: { type: "file_search" } }));
    expect(tool_choice).toEqual({ type: "file_search" });
    const offers = doors.backend.requests
      .slice(before)
      .map(({ body }) => [body.tool_choice, body.tools?.length]);
    expect(offers).toEqual([
      ["required", 1],
      [undefined, 1],
    ]);
    await expect(
      client.responses.create(ask({ tools: [], tool_choice: { type: "file_search" } })),
    ).rejects.toMatchObject({ status: 422, param: expect.stringMatching(/^tool_choice/) });
  });

  test("is not called more often than max_tool_calls", async () => {
    const searches = [["otters"], ["cats"], ["ferns"]];
    doors.backend.setDefault(searching({ searches, answer: "Enough." }));
    const all = await client.responses.create(ask());
    expect(all.output.map(({ type }) => type)).toEqual([
      ...searches.map(() => "file_search_call"),
      "message",
    ]);
    expect(all.usage).toMatchObject({ input_tokens: 40, output_tokens: 20 });
    const two = await client.responses.create(ask({ max_tool_calls: 2 }));
    expect(two.output.filter(({ type }) => type === "file_search_call")).toHaveLength(2);
    expect(two.status).toBe("completed");
  });

  test("leaves functions to the caller, in the same turn too", async () => {
    const tools = [
      tool(animals),
      { type: "function" as const, name: "weather", parameters: {}, strict: false },
    ];
    doors.backend.setDefault(
      toolCalls([
        { name: "weather", arguments: {}, id: "call_w" },
        { name: "file_search", arguments: { queries: ["otters swim"] } },
      ]),
    );
    const first = await client.responses.create(ask({ tools }));
    expect(first.output.map(({ type }) => type).toSorted()).toEqual(["file_search_call", "function_call"]);
    doors.backend.setDefault(text("They swim 【1】 in the sun"));
    const second = await client.responses.create(
      ask({
        tools,
        previous_response_id: first.id,
        input: [{ type: "function_call_output", call_id: "call_w", output: "sunny" }],
      }),
    );
    expect(shown().toSorted()).toEqual([expect.stringContaining("【1】 otters.md"), "sunny"]);
    expect(second.output).toMatchObject([
      {
        content: [{ text: "They swim in the sun", annotations: [{ file_id: files["otters.md"], index: 9 }] }],
      },
    ]);
  });
});
