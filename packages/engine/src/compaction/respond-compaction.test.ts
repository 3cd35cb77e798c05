import type { CreateRequest } from "@gateway/protocol";
import { describe, expect, test, vi } from "vitest";
import { answer, contentsOf, long, manage, notes, shown, talk } from "../testing/compaction-talk.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";
import { isSummaryTurn } from "./compaction-prompt.ts";

describe("a context over its threshold", () => {
  test("is compacted first, and the answer is made from what is left", async () => {
    const world = new EngineWorld(notes, answer);
    const response = await world.run({ ...manage, input: talk });
    expect(response.output).toMatchObject([
      { type: "compaction", id: expect.stringMatching(/^cmp_/) },
      { type: "message", content: [{ text: "Right." }] },
    ]);
    expect(contentsOf(response)).toMatchObject([
      {
        summary: "Notes: a dull day.",
        replaces: true,
        tokens: 30,
        kept: [{ role: "developer" }, { role: "user", content: [{ text: "And now?" }] }],
      },
    ]);
    const [asked] = world.model.seen;
    expect(asked && isSummaryTurn(asked.turn)).toBe(true);
    expect(shown(world, 0).join()).toContain(`user: ${long.trim()}\n\nassistant: So it is.`);
    expect(shown(world, 0).join()).not.toContain("And now?");
    expect(shown(world, 1)).toEqual([
      "developer: Be brief.",
      expect.stringMatching(/^user: \[The conversation .*\n\nNotes: a dull day\.$/s),
      "user: And now?",
    ]);
    expect(response.usage).toMatchObject({ input_tokens: 110, output_tokens: 35 });
  });

  test("is told of in the stream before the answer, without a word of the summary", async () => {
    const world = new EngineWorld(notes, answer);
    const events = await drain(world.respond({ ...manage, input: talk, stream: true }));
    expect(events.map(({ type }) => type).slice(0, 6)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.compaction.compacting",
      "response.output_item.done",
      "response.output_item.added",
    ]);
    expect(
      events.some((event) => event.type === "response.output_text.delta" && event.delta.includes("Notes")),
    ).toBe(false);
    expect(events[4]).toMatchObject({ output_index: 0, item: { type: "compaction" } });
  });

  test("loads from the compaction on where the response is continued, in chains and in conversations", async () => {
    const world = new EngineWorld(notes, answer, answer, notes, answer, answer);
    const first = await world.run({ ...manage, input: talk });
    await world.run({ input: "Go on.", previous_response_id: first.id });
    expect(shown(world, 2)).toEqual([
      "developer: Be brief.",
      expect.stringContaining("Notes: a dull day."),
      "user: And now?",
      "assistant: Right.",
      "user: Go on.",
    ]);
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create("acme", conversation, []);
    await world.run({ ...manage, input: talk, conversation: "conv_1" });
    await world.run({ input: "Go on.", conversation: "conv_1" });
    expect(shown(world, 5)).toEqual(shown(world, 2));
    expect(await world.conversations.items("acme", "conv_1")).toHaveLength(8);
  });

  test("is left as it is where there is nothing to gain", async () => {
    const world = new EngineWorld(answer);
    const response = await world.run({ ...manage, input: long });
    expect(response.output).toMatchObject([{ type: "message" }]);
  });

  test("is not counted where it is plainly below the threshold", async () => {
    const world = new EngineWorld(answer, answer);
    const count = vi.spyOn(world.model, "countTokens");
    const context_management = [{ type: "compaction", compact_threshold: 20_000 }];
    await world.run({ context_management, input: talk });
    expect(count).not.toHaveBeenCalled();
    const picture = { type: "input_image", image_url: "https://example.com/a.png" };
    await world.run({ context_management, input: [{ role: "user", content: [picture] }] });
    expect(count).toHaveBeenCalledOnce();
  });

  test("is compacted at four fifths of the model's window where no threshold is given", async () => {
    const world = new EngineWorld(answer, notes, notes, answer);
    world.model.window = 10_000;
    const request = { input: talk, context_management: [{ type: "compaction" }] };
    expect((await world.run(request)).output).toHaveLength(1);
    world.model.window = 3_500;
    const { output } = await world.run(request);
    expect(output).toHaveLength(2);
    // It is more than the model can read at once: the second call goes on from the notes of the first.
    expect(shown(world, 2).join()).toContain("<notes>\nNotes: a dull day.\n</notes>");
    expect(contentsOf({ output })).toMatchObject([{ tokens: 60 }]);
  });

  test("does not take the summary off what the answer may have", async () => {
    const world = new EngineWorld(notes, answer);
    await world.run({ ...manage, input: talk, max_output_tokens: 16 });
    expect(world.model.seen[1]?.turn.maxOutputTokens).toBe(16);
  });

  test("asks for the summary without the formats and tools of the answer", async () => {
    const world = new EngineWorld(notes, answer);
    await world.run({
      ...manage,
      input: talk,
      temperature: 0.1,
      tools: [{ type: "function", name: "f" }],
      text: { format: { type: "json_object" } },
      reasoning: { effort: "high" },
    });
    const turn = world.model.seen[0]?.turn;
    expect(turn).toMatchObject({ tools: [], toolChoice: "none", model: "served-m" });
    const request: Partial<CreateRequest> = { model: "m", temperature: 0.1, reasoning: { effort: "low" } };
    expect(JSON.parse(JSON.stringify(turn?.request))).toEqual(request);
    expect(turn?.maxOutputTokens).toBeLessThanOrEqual(800);
  });
});

describe("between the turns of a response", () => {
  const search = [
    say.call(0, "file_search"),
    say.args(0, '{"queries":["q"]}'),
    say.toolCalls,
    say.usage(10, 5),
  ];
  const tools = [{ type: "file_search", vector_store_ids: ["vs_1"] }];
  const searching = (...scripts: ConstructorParameters<typeof EngineWorld>) => {
    const world = new EngineWorld(...scripts);
    world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", long)]);
    return world;
  };

  test("what has grown is compacted, and the model goes on with what is left", async () => {
    const world = searching([search], [search], notes, answer);
    const threshold = [{ type: "compaction", compact_threshold: 4_500 }];
    const response = await world.run({ input: "Look it up.", tools, context_management: threshold });
    expect(response.output.map(({ type }) => type)).toEqual([
      "file_search_call",
      "file_search_call",
      "compaction",
      "message",
    ]);
    expect(shown(world, 3)).toEqual([expect.stringContaining("Notes: a dull day."), "user: Look it up."]);
    const [content] = contentsOf(response);
    expect(content?.kept).toMatchObject([{ role: "user" }]);
    expect(response.usage?.output_tokens).toBe(45);
  });

  test("the marks of passages are not in what is read for the notes, nor in the notes", async () => {
    const cited = [[say.text("Dull 【1】 days【2†a.md】, as 【it】 says."), say.stop, say.usage(1, 1)]];
    const world = searching([search], cited, answer);
    const response = await world.run({ input: "Look it up.", tools, ...manage });
    const record = shown(world, 1).join();
    expect(record).toContain(`a.md\n${long.trim()}`);
    expect(record).not.toMatch(/【|Where your answer rests on one/);
    expect(contentsOf(response)).toMatchObject([{ summary: "Dull days, as 【it】 says." }]);
  });

  test("the budget of the answer is what the other turns have left", async () => {
    const world = searching([search], notes, answer);
    await world.run({ input: "Look it up.", tools, ...manage, max_output_tokens: 20 });
    expect(world.model.seen.map(({ turn }) => turn.maxOutputTokens)).toEqual([20, 800, 15]);
  });
});
