import { type Item, parseCreateRequest } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { respond } from "../respond.ts";
import { answer, contentsOf, manage, notes, shown, talk } from "../testing/compaction-talk.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";

describe("a compaction_trigger", () => {
  const trigger = { type: "compaction_trigger" };

  test("is answered with a compaction and nothing else", async () => {
    const world = new EngineWorld(notes);
    const events = await drain(world.respond({ input: [...talk, trigger], stream: true }));
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.compaction.compacting",
      "response.output_item.done",
      "response.completed",
    ]);
    const response = world.stored();
    expect(response.usage).toMatchObject({ input_tokens: 100, output_tokens: 30 });
    const record = await world.responses.get("acme", response.id);
    expect(record?.input.map(({ type }) => type)).toEqual(["message", "message", "message", "message"]);
  });

  test("keeps calls that are still to be answered, and the output can be sent after them", async () => {
    const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
    const world = new EngineWorld(notes, answer);
    const { output } = await world.run({ input: [...talk, call, trigger], store: false });
    const result = { type: "function_call_output", call_id: "c1", output: "42" };
    await world.run({ input: [...output, result] });
    expect(shown(world, 1).slice(-2)).toEqual(["function_call", "function_call_output"]);
  });

  test("of a context with nothing to leave out asks no model", async () => {
    const world = new EngineWorld(answer);
    const { output } = await world.run({ input: [{ role: "user", content: "hi" }, trigger] });
    expect(contentsOf({ output })).toMatchObject([{ summary: "", kept: [{ role: "user" }] }]);
    await world.run({ input: [...output, { role: "user", content: "there" }] });
    expect(shown(world, 0)).toEqual(["user: hi", "user: there"]);
  });

  test("fails where the summary does", async () => {
    const world = new EngineWorld([[say.stop]]);
    expect(await world.run({ input: [...talk, trigger] })).toMatchObject({
      status: "failed",
      error: { code: "compaction_failed" },
    });
  });

  test("takes a compaction further: what was summarised is given to the model as notes", async () => {
    const again = [[say.text("Newer notes."), say.stop]];
    const world = new EngineWorld(notes, again, answer);
    const first = await world.run({ input: [...talk, trigger] });
    const more = [
      { role: "assistant", content: "This." },
      { role: "user", content: "And then?" },
    ];
    const second = await world.run({ input: [...more, trigger], previous_response_id: first.id });
    const [prompt] = shown(world, 1);
    expect(prompt).toContain("<notes>\nNotes: a dull day.\n</notes>");
    expect(prompt).toContain("user: And now?\n\nassistant: This.");
    expect(contentsOf(second)).toMatchObject([
      { summary: "Newer notes.", kept: [{ role: "developer" }, { content: [{ text: "And then?" }] }] },
    ]);
  });
});

test("a context that only its connection remembers shrinks with the compaction", async () => {
  const world = new EngineWorld(notes, answer, answer);
  const remembered: { id: string; context: readonly Item[] }[] = [];
  const memory = {
    get: (id: string) => remembered.find((known) => known.id === id)?.context,
    set: (id: string, context: readonly Item[]) => void remembered.push({ id, context }),
  };
  const run = async (fields: object) => {
    const { request } = parseCreateRequest({ model: "m", store: false, ...fields }, false);
    const scope = { tenant: "acme", abort: world.abort, memory, onFailure: () => {}, onFault: () => {} };
    await drain(respond(request, scope, world.deps()));
  };
  await run({ ...manage, input: talk });
  await run({ input: "Go on.", previous_response_id: remembered[0]?.id });
  expect(shown(world, 2)).toHaveLength(5);
  expect(remembered.map(({ context }) => context.map(({ type }) => type))).toEqual([
    ["compaction", "message"],
    ["compaction", "message", "message", "message"],
  ]);
});
