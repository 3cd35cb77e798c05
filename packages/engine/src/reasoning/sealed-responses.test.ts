import type { Item, OutputReasoning, ReasoningItem, ResponseEvent, ResponseObject } from "@gateway/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openEvents } from "../follow-events.ts";
import { arbitraryDeltas, inBatches } from "../testing/arbitrary-turn.ts";
import { BackgroundWorld } from "../testing/background-world.ts";
import { clock, drain, EngineWorld, plainSealer, say } from "../testing/engine-world.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import { withSealedThoughts } from "./seal-thoughts.ts";
import { openThought } from "./sealed-thought.ts";

const include = ["reasoning.encrypted_content" as const];
const thinks = [[say.reasoning("Let me "), say.reasoning("see."), say.text("Yes."), say.stop]];
const sure = [[say.text("Sure."), say.stop]];
const at = Math.floor(clock / 1000);

function thoughtsIn(items: readonly { type: string }[]): OutputReasoning[] {
  return items.filter((item): item is OutputReasoning => item.type === "reasoning");
}

const opened = (item: OutputReasoning | undefined, tenant = "acme") =>
  openThought(item?.encrypted_content ?? "", tenant, plainSealer);

function finalOf(events: readonly ResponseEvent[]): ResponseObject {
  const last = events.at(-1);
  if (last === undefined || !("response" in last)) throw new Error("the stream has no terminal event");
  return last.response;
}

describe("a thought is sealed", () => {
  test.for([{ include }, { store: false }, { include, store: false, reasoning: { summary: "auto" } }])(
    "for a request with %j, once it is whole",
    async (fields) => {
      const events = await drain(new EngineWorld(thinks).respond({ stream: true, ...fields }));
      const items = events.flatMap((event) =>
        "item" in event && event.item.type === "reasoning" ? [event.item] : [],
      );
      const [added, done] = items;
      expect(added).not.toHaveProperty("encrypted_content");
      expect(opened(done)).toEqual({ text: "Let me see.", model: "m", at });
      expect(thoughtsIn(finalOf(events).output)).toEqual([done]);
      expect(accumulateWithClient(events).output).toEqual(finalOf(events).output);
      expect((await readWithClient(events, true)).output).toMatchObject([{ ...done }, { type: "message" }]);
    },
  );

  test("for no other request", async () => {
    const world = new EngineWorld(thinks);
    const events = await drain(world.respond({ stream: true, include: ["file_search_call.results"] }));
    expect(JSON.stringify(events)).not.toContain("encrypted_content");
    expect(world.stored()).toEqual(finalOf(events));
  });

  test("also where the answer is cut", async () => {
    const { output } = await new EngineWorld([[say.reasoning("Let me"), say.length]]).run({ store: false });
    expect(output).toMatchObject([{ type: "reasoning", status: "incomplete" }]);
    expect(opened(thoughtsIn(output)[0])).toMatchObject({ text: "Let me" });
  });

  test("whatever the model says: the stream is legal for both readers, and what is told is what is stored", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryDeltas,
        fc.array(fc.nat({ max: 5 }), { maxLength: 8 }),
        async (deltas, sizes) => {
          const world = new EngineWorld(inBatches([...deltas, say.stop], sizes));
          const tools = ["tool_0", "tool_1"].map((name) => ({ type: "function", name }));
          const events = await drain(world.respond({ tools, stream: true, include }));
          const { output } = finalOf(events);
          for (const item of thoughtsIn(output)) {
            expect(opened(item)?.text).toBe(item.content.map(({ text }) => text).join(""));
          }
          expect(accumulateWithClient(events).output).toEqual(output);
          expect(world.stored()).toEqual(finalOf(events));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a stored response", () => {
  const asFirstSent = (response: ResponseObject, tenant = "acme") =>
    withSealedThoughts(response, include, tenant, { sealer: plainSealer });

  test("gives the thoughts it was sent with as they were", async () => {
    const world = new EngineWorld(thinks);
    await world.run({ include });
    expect(asFirstSent(world.stored())).toEqual(world.stored());
  });

  test("gives its thoughts sealed where nobody had asked for it before, and leaves them where nobody asks", async () => {
    const world = new EngineWorld(thinks);
    await world.run();
    expect(opened(thoughtsIn(asFirstSent(world.stored()).output)[0])).toEqual({
      text: "Let me see.",
      model: "m",
      at,
    });
    expect(withSealedThoughts(world.stored(), [], "acme", { sealer: plainSealer })).toEqual(world.stored());
  });

  test("gives its thoughts sealed anew where their key is gone", async () => {
    const world = new EngineWorld(thinks);
    await world.run({ include });
    const lost = world.stored();
    for (const item of thoughtsIn(lost.output)) item.encrypted_content = "of a key that is gone";
    expect(opened(thoughtsIn(asFirstSent(lost).output)[0])).toMatchObject({ text: "Let me see." });
  });

  test("is replayed byte by byte as it was sent", async () => {
    const world = new EngineWorld(thinks);
    const events = await drain(world.respond({ include, stream: true }));
    const { signal } = new AbortController();
    const replayed: string[] = [];
    for await (const batch of await openEvents("acme", finalOf(events).id, -1, world.deps(), signal))
      replayed.push(...batch);
    expect(replayed.map((json) => JSON.parse(json))).toEqual(events);
    const again: string[] = [];
    for await (const batch of await openEvents("acme", finalOf(events).id, -1, world.deps(), signal))
      again.push(...batch);
    expect(again).toEqual(replayed);
  });
});

describe("a stateless conversation", () => {
  /** The answer's items as Codex sends them back: a thought only sealed, and without an id. */
  function sentBack(output: readonly { type: string }[]): object[] {
    return output.map((item) => {
      if (item.type !== "reasoning") return item;
      const { encrypted_content } = item as OutputReasoning;
      return { type: "reasoning", summary: [], content: null, encrypted_content };
    });
  }
  const question = { role: "user", content: "hi" };
  const shownThoughts = (world: EngineWorld) =>
    world.model.seen[0]?.turn.items.flatMap((item: Item) =>
      item.type === "reasoning" ? [item as ReasoningItem] : [],
    );

  async function first(): Promise<object[]> {
    const { output } = await new EngineWorld(thinks).run({ store: false, include });
    return sentBack(output);
  }

  test("shows the model what it thought, and keeps the input as it was sent", async () => {
    const back = await first();
    const world = new EngineWorld(sure);
    const response = await world.run({ input: [question, ...back, question] });
    expect(shownThoughts(world)).toMatchObject([
      { content: [{ type: "reasoning_text", text: "Let me see." }] },
    ]);
    expect(response).not.toHaveProperty("input_transformations");
    const record = await world.responses.get("acme", response.id);
    expect(record?.input[1]).toMatchObject(back[0] as object);

    // Its thoughts are as sealed in the history as they were in the input.
    world.model = new EngineWorld(sure).model;
    await world.run({ previous_response_id: response.id });
    expect(shownThoughts(world)).toMatchObject([{ content: [{ text: "Let me see." }] }]);
  });

  test("of another tenant is told, from the first event on, what was kept from the model", async () => {
    const back = await first();
    const world = new EngineWorld(sure);
    world.tenant = "other";
    const events = await drain(world.respond({ input: [question, ...back, question], stream: true }));
    expect(shownThoughts(world)).toEqual([]);
    const told = [
      {
        id: expect.stringMatching(/^rs_/),
        type: "reasoning",
        action: "removed",
        reason: "organization_mismatch",
      },
    ];
    const lifecycle = events.flatMap((event) => ("response" in event ? [event.response] : []));
    expect(lifecycle).toHaveLength(3);
    for (const response of lifecycle) expect(response.input_transformations).toEqual(told);
    expect(world.stored().input_transformations).toEqual(told);
  });

  test("keeps thoughts of former turns from the model where it asks for that, the history's too", async () => {
    const world = new EngineWorld(thinks, sure);
    const { id } = await world.run();
    const response = await world.run({ previous_response_id: id, reasoning: { context: "current_turn" } });
    expect(world.model.seen[1]?.turn.items.map(({ type }) => type)).toEqual([
      "message",
      "message",
      "message",
    ]);
    expect(response).toMatchObject({
      reasoning: { context: "current_turn" },
      input_transformations: [{ type: "reasoning", action: "removed", reason: "turn_boundary" }],
    });
  });
});

test("a response in the background that a restart has cut keeps what was sealed, and seals what comes", async () => {
  const before = new BackgroundWorld([[say.reasoning("Hm"), say.text("Ye")], "hang"]);
  const { id } = await before.start({ include, stream: true });
  const job = before.claim();
  const running = before.background.run(job, before.stopping.signal, before.log);
  await before.logged(id, "response.output_text.delta");
  const after = new BackgroundWorld(thinks);
  after.takeOver(before);
  before.stopping.abort();
  await running.catch(() => {});

  await after.background.run(job, after.stopping.signal, after.log);
  const events = await after.snapshot(id);
  const done = events.flatMap((event) =>
    event.type === "response.output_item.done" && event.item.type === "reasoning" ? [event.item] : [],
  );
  expect(done.map((item) => opened(item)?.text)).toEqual(["Hm", "Let me see."]);
  expect(thoughtsIn((await after.get(id))?.output ?? [])).toEqual(done.slice(1));
  expect(thoughtsIn(finalOf(events).output)).toEqual(done.slice(1));
});
