import { encodeEvent, type ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { followEvents } from "./follow-events.ts";
import { drain, EngineWorld, say } from "./testing/engine-world.ts";
import { passage } from "./testing/fake-knowledge.ts";

const rich = [
  [say.reasoning("Hm."), say.text("Hel")],
  [say.text("lo"), say.call(0, "f"), say.args(0, "{}"), say.toolCalls, say.usage(3, 4)],
];
const tools = [{ type: "function", name: "f" }];

/** All events of a response, as JSON, that come after one. */
async function follow(world: EngineWorld, id: string, after = -1): Promise<string[]> {
  const events: string[] = [];
  const { signal } = new AbortController();
  for await (const batch of followEvents(world.tenant, id, after, world, signal)) events.push(...batch);
  return events;
}

function idOf(events: readonly ResponseEvent[]): string {
  const [first] = events;
  return first && "response" in first ? first.response.id : "";
}

describe("the events of a stored response", () => {
  test("are those that were sent, byte for byte, from any number on", async () => {
    const world = new EngineWorld(rich);
    const sent = await drain(world.respond({ tools, stream: true }));
    const json = sent.map(encodeEvent);
    for (let after = -1; after <= sent.length; after++) {
      expect(await follow(world, idOf(sent), after)).toEqual(json.slice(after + 1));
    }
  });

  test("are told alike each time where the response was never streamed", async () => {
    const world = new EngineWorld(rich);
    const { id, output } = await world.run({ tools, reasoning: { summary: "auto" } });
    const told = await follow(world, id);
    const events = told.map((json) => JSON.parse(json) as ResponseEvent);
    checkStream(events);
    expect(events.at(-1)).toMatchObject({ response: { id, output } });
    expect(await follow(world, id)).toEqual(told);
    expect(await follow(world, id, 4)).toEqual(told.slice(5));
  });

  test("are told of a search that found something, and of one that failed", async () => {
    const search = [say.call(0, "file_search"), say.args(0, '{"queries":["q"]}'), say.toolCalls];
    const world = new EngineWorld([search], [search], [[say.text("Yes 【1】"), say.stop]]);
    world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
    const { id } = await world.run({ tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] });
    checkStream((await follow(world, id)).map((json) => JSON.parse(json) as ResponseEvent));
  });

  test("of many readers of one that runs are the same, whenever they come", async () => {
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const world = new EngineWorld([
      ...gates.flatMap(({ promise }, index) => [promise, [say.text(`${index} `)]]),
      [say.stop],
    ]);
    const stream = world.respond({ stream: true });
    const sent: ResponseEvent[] = [...((await stream.next()).value ?? [])];
    const id = idOf(sent);
    const readers = [follow(world, id), follow(world, id)];
    for (const { resolve } of gates) {
      resolve();
      sent.push(...((await stream.next()).value ?? []));
      readers.push(follow(world, id), follow(world, id, 2));
    }
    for await (const batch of stream) sent.push(...batch);
    const json = sent.map(encodeEvent);
    for (const [index, read] of (await Promise.all(readers)).entries()) {
      expect(read).toEqual(index >= 2 && index % 2 === 1 ? json.slice(3) : json);
    }
  });

  test("end for a reader that leaves, and for all when the response is deleted", async () => {
    const world = new EngineWorld([[say.text("a")], "hang"]);
    const stream = world.respond({ stream: true });
    const sent = [...((await stream.next()).value ?? []), ...((await stream.next()).value ?? [])];
    const leaving = new AbortController();
    const reader = followEvents(world.tenant, idOf(sent), sent.length - 1, world, leaving.signal);
    const waiting = reader.next();
    leaving.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const other = follow(world, idOf(sent));
    await world.responses.delete(world.tenant, idOf(sent));
    world.abort.abort();
    await stream.next();
    expect((await other).length).toBeGreaterThanOrEqual(0);
  });

  test("of another tenant's response, or none, are a 404", async () => {
    const world = new EngineWorld(rich);
    const { id } = await world.run({ tools });
    world.tenant = "other";
    await expect(follow(world, id)).rejects.toMatchObject({ status: 404 });
  });
});
