import { badRequest, parseCountRequest } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { sealCompaction } from "../compaction/compaction-content.ts";
import { countInput } from "../count-input.ts";
import { BackgroundWorld } from "../testing/background-world.ts";
import { EngineWorld, plainSealer, say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";

const answer = [[say.text("Yes."), say.usage(5, 1), say.stop]];
const long = (name: string) => `${name} ${"x".repeat(400)}`;
const history = ["one", "two", "three", "four", "five"].flatMap((name) => [
  { role: "user", content: long(name) },
  { role: "assistant", content: long(`re: ${name}`) },
]);
const request = {
  truncation: "auto",
  instructions: "Be kind",
  input: [...history, { role: "user", content: "And now?" }],
};

/** The first word of each question that the model was shown in a turn. */
function shown(world: EngineWorld, turn = 0): (string | undefined)[] {
  const items = world.model.seen[turn]?.turn.items ?? [];
  return items.flatMap((item) =>
    item.type === "message" && item.role === "user"
      ? [/"text":"(\w+)/.exec(JSON.stringify(item.content))?.[1]]
      : [],
  );
}

describe("truncation: auto", () => {
  test("shows the model what fits, and keeps and lists all of the input", async () => {
    const world = new EngineWorld(answer);
    // A token is a character to this model.
    world.model.window = 3_000;
    const response = await world.run(request);
    expect(response).toMatchObject({ status: "completed", truncation: "auto" });
    expect(shown(world)).toEqual(["four", "five", "And"]);
    const record = await world.responses.get(world.tenant, response.id);
    expect(record?.input).toHaveLength(11);
    expect(world.faults).toEqual(["truncation: 6 of 11 items were left out of the context"]);
  });

  test("holds for the turns after a tool, too, whose output is never dropped", async () => {
    const world = new EngineWorld(
      [[say.call(0, "file_search"), say.args(0, '{"queries":["x"]}'), say.usage(5, 1), say.toolCalls]],
      answer,
    );
    world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", long("found"))]);
    world.model.window = 4_200;
    await world.run({ ...request, tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] });
    expect(shown(world, 0).length).toBeGreaterThan(shown(world, 1).length);
    expect(world.model.seen[1]?.turn.items.slice(-3).map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
  });

  test("holds for responses in the background", async () => {
    const world = new BackgroundWorld(answer);
    world.model.window = 3_000;
    const { id } = await world.start(request);
    await world.runJobs();
    expect((await world.get(id))?.status).toBe("completed");
    expect(shown(world)).toEqual(["four", "five", "And"]);
  });

  test("goes by the server's refusal where the window is not known", async () => {
    const tooLong = badRequest("too long", { code: "context_length_exceeded", param: "input" });
    const world = new EngineWorld(tooLong, answer);
    expect((await world.run(request)).status).toBe("completed");
    expect([shown(world, 0).length, shown(world, 1).length]).toEqual([6, 3]);
  });
});

test("truncation: auto drops neither the question before compacted context nor that, whatever its id", async () => {
  const world = new EngineWorld(answer);
  world.model.window = 3_000;
  const kept = ["a", "b"].flatMap((id) => [
    { type: "function_call" as const, id: `fc_${id}`, call_id: id, name: "f", arguments: "{}" },
    { type: "function_call_output" as const, id: `fco_${id}`, call_id: id, output: long(id) },
  ]);
  const content = { model: "m", summary: "notes", kept, replaces: false, tokens: 0 };
  const compaction = {
    type: "compaction",
    id: "mine",
    encrypted_content: sealCompaction(content, world.tenant, plainSealer),
  };
  await world.run({ ...request, input: [...history, { role: "user", content: "Task" }, compaction] });
  // The words of a summary begin with a bracket.
  expect(shown(world).slice(-2)).toEqual(["Task", undefined]);
  expect(world.model.seen[0]?.turn.items.slice(-6).map(({ id }) => id)).toEqual([
    expect.any(String),
    "mine",
    "fc_a",
    "fco_a",
    "fc_b",
    "fco_b",
  ]);
});

describe("truncation: disabled", () => {
  test.each([{}, { truncation: "disabled" }])(
    "passes the server's refusal on, at once: %j",
    async (fields) => {
      const tooLong = badRequest("too long", { code: "context_length_exceeded", param: "input" });
      const world = new EngineWorld(tooLong);
      world.model.window = 3_000;
      await expect(world.run({ ...request, truncation: undefined, ...fields })).rejects.toBe(tooLong);
      expect(shown(world)).toHaveLength(6);
    },
  );
});

describe("a count", () => {
  const count = (world: EngineWorld, fields: object) => {
    const { request: counted } = parseCountRequest({ model: "m", ...fields }, false);
    const scope = { tenant: world.tenant, abort: world.abort, onFailure() {}, onFault() {} };
    return countInput(counted, scope, world.deps());
  };

  test("is of what a request would show the model, and leaves nothing behind", async () => {
    const world = new EngineWorld(answer, answer);
    const first = await world.run({ input: "hi" });
    const { tokens, exact } = await count(world, { input: "And now?", previous_response_id: first.id });
    expect(exact).toBe(true);
    expect(world.responses.all()).toHaveLength(1);
    expect(world.model.seen).toHaveLength(1);
    await world.run({ input: "And now?", previous_response_id: first.id });
    const [, second] = world.model.seen;
    const items = JSON.stringify([second?.turn.instructions, second?.turn.items]);
    // Ids are of equal length, so that a character is one here and there.
    expect(tokens).toBe(items.length);
  });

  test("does not wait for a conversation that is held", async () => {
    const world = new EngineWorld();
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create(world.tenant, conversation, []);
    const unlock = world.locks.acquire(world.tenant, "conv_1");
    expect(await count(world, { input: "hi", conversation: "conv_1" })).toMatchObject({ exact: true });
    unlock();
    expect(await world.conversations.items(world.tenant, "conv_1")).toEqual([]);
  });

  test("is of what truncation leaves", async () => {
    const world = new EngineWorld();
    world.model.window = 3_000;
    const whole = await count(world, { ...request, truncation: "disabled" });
    const left = await count(world, request);
    expect(whole.tokens).toBeGreaterThan(3_000);
    expect(left.tokens).toBeLessThan(3_000);
  });

  test("refuses what a create request would be refused for", async () => {
    const world = new EngineWorld();
    await expect(count(world, { input: "x", previous_response_id: "resp_none" })).rejects.toMatchObject({
      status: 404,
      code: "previous_response_not_found",
    });
    await expect(count(world, { input: "x", model: "none" })).rejects.toMatchObject({ status: 404 });
  });
});
