import type { ResponseEvent } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import { drain, EngineWorld, say, tokens } from "./testing/engine-world.ts";
import { passage } from "./testing/fake-knowledge.ts";
import { readWithClient } from "./testing/read-with-client.ts";
import type { Script } from "./testing/scripted-model.ts";

const withSearch = { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] };
const found = [passage("file-1", "cats.md", "Cats sleep."), passage("file-2", "dogs.md", "Dogs bark.")];

/** A turn that searches for these words. */
function search(key: number, ...queries: string[]): ModelDelta[] {
  return [say.call(key, "file_search"), say.args(key, JSON.stringify({ queries }))];
}

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.knowledge.stores.set("vs_1", found);
  return world;
}

/** The outputs that the model was shown in its turn, by the arguments of their calls. */
function shown(world: EngineWorld, turn: number): [string, string][] {
  const items = world.model.seen[turn]?.turn.items ?? [];
  return items.flatMap((item): [string, string][] => {
    if (item.type !== "function_call") return [];
    const answer = items.find(
      (other) => other.type === "function_call_output" && other.call_id === item.call_id,
    );
    return [[item.arguments, answer?.type === "function_call_output" ? String(answer.output) : "none"]];
  });
}

const answered = [say.text("They sleep 【1】."), say.stop, say.usage(20, 5)];

describe("a file search", () => {
  test("is an item of its own between two turns, and the answer cites what was found", async () => {
    const world = worldWith([[...search(0, "what do cats do"), say.toolCalls, say.usage(10, 3)]], [answered]);
    const events = await drain(world.respond({ ...withSearch, stream: true }));
    const final = events.at(-1);
    expect(final).toMatchObject({
      type: "response.completed",
      response: {
        output: [
          { type: "file_search_call", status: "completed", queries: ["what do cats do"], results: null },
          {
            type: "message",
            content: [
              {
                text: "They sleep.",
                annotations: [{ type: "file_citation", index: 10, file_id: "file-1", filename: "cats.md" }],
              },
            ],
          },
        ],
        usage: { input_tokens: 30, output_tokens: 8, total_tokens: 38 },
      },
    });
    expect(events.map(({ type }) => type).filter((type) => type.includes("file_search"))).toEqual([
      "response.file_search_call.in_progress",
      "response.file_search_call.searching",
      "response.file_search_call.completed",
    ]);
    const read = await readWithClient(events, true);
    expect(read.output.map(({ type }) => type)).toEqual(["file_search_call", "message"]);
    expect(world.faults).toEqual([]);
  });

  test("shows the model what was found, marked, and what it asked for", async () => {
    const world = worldWith([[...search(0, "cats"), say.toolCalls]], [answered]);
    await world.run(withSearch);
    const [[args, output] = ["", ""]] = shown(world, 1);
    expect(JSON.parse(args)).toEqual({ queries: ["cats"] });
    expect(output).toContain("【1】 cats.md\nCats sleep.");
    expect(output).toContain("【2】 dogs.md\nDogs bark.");
    expect(world.model.seen[1]?.turn).toMatchObject({ toolChoice: "auto", tools: [{ name: "file_search" }] });
  });

  test("passes filter, limit and ranking on", async () => {
    const filters = { type: "eq", key: "year", value: 2024 };
    const ranking_options = { ranker: "auto", score_threshold: 0.3 };
    const world = worldWith([[...search(0, "a", "b"), say.toolCalls]], [answered]);
    await world.run({ tools: [{ ...withSearch.tools[0], filters, max_num_results: 1, ranking_options }] });
    expect(world.knowledge.asked).toEqual([
      { storeIds: ["vs_1"], queries: ["a", "b"], filter: filters, limit: 1, ranking: ranking_options },
    ]);
  });

  test("keeps its results in the store and tells them where they are asked for", async () => {
    const results = found.map(({ content, ...file }) => ({ ...file, text: content[0]?.text }));
    const world = worldWith([[...search(0, "cats"), say.toolCalls]], [answered]);
    const response = await world.run({ ...withSearch, include: ["file_search_call.results"] });
    expect(response.output[0]).toMatchObject({ results });
    expect(world.stored().output[0]).toMatchObject({ results });
  });

  test("of a former response is shown to the model again, with marks that still count", async () => {
    const world = worldWith(
      [[...search(0, "cats"), say.toolCalls]],
      [answered],
      [[say.text("Dogs bark 【2】"), say.stop]],
    );
    const { id } = await world.run(withSearch);
    const next = await world.run({ input: "And dogs?", previous_response_id: id });
    expect(shown(world, 2)).toMatchObject([
      ['{"queries":["cats"]}', expect.stringContaining("【2】 dogs.md")],
    ]);
    expect(next.output).toMatchObject([
      { content: [{ text: "Dogs bark", annotations: [{ file_id: "file-2", index: 9 }] }] },
    ]);
  });

  test("numbers passages on over several searches", async () => {
    const world = worldWith(
      [[...search(0, "cats"), say.toolCalls]],
      [[...search(0, "dogs"), say.toolCalls]],
      [[say.text("Both 【1】【4】"), say.stop]],
    );
    const { output } = await world.run(withSearch);
    expect(output).toMatchObject([
      { type: "file_search_call" },
      { type: "file_search_call" },
      { content: [{ text: "Both", annotations: [{ file_id: "file-1" }, { file_id: "file-2" }] }] },
    ]);
  });

  test("makes several searches of one turn at once, and tells of them one after the other", async () => {
    const world = worldWith([[...search(0, "cats"), ...search(1, "dogs"), say.toolCalls]], [answered]);
    const held = Promise.withResolvers<void>();
    world.knowledge.gate = held.promise;
    const stream = world.respond(withSearch);
    const events: ResponseEvent[] = [];
    while (!events.some(({ type }) => type === "response.file_search_call.searching")) {
      const { value } = await stream.next();
      events.push(...(value ?? []));
    }
    expect(world.knowledge.asked).toHaveLength(2);
    held.resolve();
    for await (const batch of stream) events.push(...batch);
    const order = events.flatMap((event) =>
      event.type === "response.output_item.added" || event.type === "response.output_item.done"
        ? [`${event.output_index} ${event.type.slice(21)}`]
        : [],
    );
    expect(order).toEqual(["0 added", "0 done", "1 added", "1 done", "2 added", "2 done"]);
  });
});

describe("a file search that finds or does nothing", () => {
  test("in an empty store is no error", async () => {
    const world = worldWith([[...search(0, "cats"), say.toolCalls]], [answered]);
    world.knowledge.stores.set("vs_1", []);
    const { status } = await world.run(withSearch);
    expect(status).toBe("completed");
    expect(shown(world, 1)).toMatchObject([[expect.anything(), "Nothing was found."]]);
  });

  test("fails by itself, and the model goes on", async () => {
    const world = worldWith([[...search(0, "cats"), say.toolCalls]], [[say.text("I cannot say."), say.stop]]);
    world.knowledge.stores.set("vs_1", new Error("no disk"));
    const response = await world.run(withSearch);
    expect(response).toMatchObject({
      status: "completed",
      output: [{ type: "file_search_call", status: "failed", results: null }, { type: "message" }],
    });
    expect(world.faults).toEqual(["a file search failed"]);
    expect(shown(world, 1)).toMatchObject([[expect.anything(), expect.stringContaining("failed")]]);
  });

  test.each([
    // Servers refuse arguments that are no JSON.
    ["{", "JSON", '{"input":"{"}'],
    ['{"queries": []}', "no query"],
    ['{"queries": [1]}', "no query"],
    ["[]", "have to be a JSON object"],
    ["null", "have to be a JSON object"],
  ])("with the arguments %s tells the model and is no item", async (args, reason, sent = args) => {
    const world = worldWith(
      [[say.call(0, "file_search"), say.args(0, args), say.toolCalls]],
      [[say.text("Well."), say.stop]],
    );
    const { output } = await world.run(withSearch);
    expect(output.map(({ type }) => type)).toEqual(["message"]);
    expect(shown(world, 1)).toMatchObject([[sent, expect.stringContaining(reason)]]);
  });

  test("leaves what was said before it a message of its own", async () => {
    const world = worldWith(
      [[say.text("Let me look."), say.call(0, "file_search"), say.args(0, "{"), say.toolCalls]],
      [[say.text("It is 4."), say.stop]],
    );
    const { output } = await world.run(withSearch);
    expect(output).toMatchObject([
      { type: "message", status: "completed", content: [{ text: "Let me look." }] },
      { type: "message", content: [{ text: "It is 4." }] },
    ]);
  });

  test("understands what small models write", async () => {
    for (const args of ['{"query":"cats"}', '{"queries":"cats"}', '{"queries":["cats","cats",""]}']) {
      const world = worldWith([[say.call(0, "file_search"), say.args(0, args), say.toolCalls]], [answered]);
      await world.run(withSearch);
      expect(world.knowledge.asked, args).toMatchObject([{ queries: ["cats"] }]);
    }
  });

  test("in a store that does not exist is a 404 before anything is sent", async () => {
    const world = new EngineWorld();
    const tools = [{ type: "file_search", vector_store_ids: ["vs_1"] }];
    await expect(world.respond({ tools }).next()).rejects.toMatchObject({
      status: 404,
      param: "tools[0].vector_store_ids[0]",
    });
  });
});

describe("the limits of a response", () => {
  test("max_tool_calls ends the searches, and the model answers without", async () => {
    const world = worldWith(
      [[...search(0, "cats"), ...search(1, "dogs"), say.toolCalls]],
      [[...search(0, "birds"), say.text("Cats 【1】"), say.stop]],
    );
    const { output, status } = await world.run({ ...withSearch, max_tool_calls: 1 });
    expect(status).toBe("completed");
    expect(output.map(({ type }) => type)).toEqual(["file_search_call", "message"]);
    expect(world.knowledge.asked).toHaveLength(1);
    expect(world.model.seen[1]?.turn).toMatchObject({ tools: [], toolChoice: "none" });
    expect(shown(world, 1)).toContainEqual([
      '{"queries":["dogs"]}',
      expect.stringContaining("Not carried out"),
    ]);
  });

  test("a model that never stops searching is stopped", async () => {
    const turn = [[...search(0, "again"), say.toolCalls]];
    const world = worldWith(...Array.from({ length: 32 }, () => turn), [[say.text("Enough."), say.stop]]);
    const { output } = await world.run(withSearch);
    expect(output).toHaveLength(33);
    expect(world.model.seen.at(-1)?.turn.tools).toEqual([]);
  });

  test("max_output_tokens counts over all turns", async () => {
    const first = [[...search(0, "cats"), say.toolCalls, say.usage(5, 30)]];
    const world = worldWith(first, [[say.text("Ca"), say.length, say.usage(5, 20)]]);
    const response = await world.run({ ...withSearch, max_output_tokens: 50 });
    expect(world.model.seen.map(({ turn }) => turn.maxOutputTokens)).toEqual([50, 20]);
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 50 },
    });
    const spent = worldWith(first);
    expect(await spent.run({ ...withSearch, max_output_tokens: 30 })).toMatchObject({
      status: "incomplete",
      output: [{ type: "file_search_call", status: "completed" }],
    });
  });

  test("a turn that is cut by its limit runs no tool", async () => {
    const world = worldWith([[...search(0, "cats"), say.length]]);
    expect(await world.run(withSearch)).toMatchObject({ status: "incomplete", output: [] });
    expect(world.knowledge.asked).toEqual([]);
  });

  test("leaving while a search runs stores a cancelled response with the search closed", async () => {
    const world = worldWith([[...search(0, "cats"), say.toolCalls]]);
    world.knowledge.gate = new Promise(() => {});
    const stream = world.respond(withSearch);
    for (;;) {
      const { value } = await stream.next();
      if (value?.some(({ type }) => type === "response.file_search_call.searching")) break;
    }
    const next = stream.next();
    world.abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(world.stored()).toMatchObject({
      status: "cancelled",
      output: [{ type: "file_search_call", status: "incomplete" }],
    });
  });
});

describe("together with the caller's functions", () => {
  const tools = [...withSearch.tools, { type: "function", name: "file_search" }];

  test("a search has a name of its own", async () => {
    const turn = [say.call(0, "file_search_2"), say.args(0, '{"queries":["cats"]}'), say.toolCalls];
    const world = worldWith([turn], [answered]);
    const { output } = await world.run({ tools });
    expect(output.map(({ type }) => type)).toEqual(["file_search_call", "message"]);
    expect(world.model.seen[1]?.turn.items).toContainEqual(
      expect.objectContaining({ type: "function_call", name: "file_search_2" }),
    );
  });

  test("a turn that calls both runs the search and leaves the function to the caller", async () => {
    const turn = [...search(0, "cats"), say.call(1, "f"), say.args(1, "{}"), say.toolCalls];
    const world = worldWith([turn], [answered]);
    const declared = [...withSearch.tools, { type: "function", name: "f" }];
    const { id, output } = await world.run({ tools: declared });
    expect(output.map(({ type }) => type)).toEqual(["function_call", "file_search_call"]);
    const input = [{ type: "function_call_output", call_id: "call_1", output: "done" }];
    await world.run({ previous_response_id: id, tools: declared, input });
    expect(shown(world, 1)).toMatchObject([
      ["{}", "done"],
      ['{"queries":["cats"]}', expect.stringContaining("【1】")],
    ]);
  });

  test("a choice of file_search is enforced and then lifted", async () => {
    const world = worldWith([[...search(0, "cats"), say.toolCalls]], [answered]);
    const { tool_choice } = await world.run({ ...withSearch, tool_choice: { type: "file_search" } });
    expect(tool_choice).toEqual({ type: "file_search" });
    expect(world.model.seen.map(({ turn }) => turn.toolChoice)).toEqual([{ name: "file_search" }, "auto"]);
  });

  test("usage is the sum of all turns", async () => {
    const world = worldWith(
      [[...search(0, "cats"), say.toolCalls, say.usage(1, 2)]],
      [[say.text("x"), say.stop]],
    );
    expect((await world.run(withSearch)).usage).toEqual(tokens(1, 2));
  });
});
