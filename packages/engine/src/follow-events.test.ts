import { type CreateRequest, encodeEvent, type ResponseEvent, type ResponseObject } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { openEvents } from "./follow-events.ts";
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
  for await (const batch of await openEvents(world.tenant, id, after, world.deps(), signal))
    events.push(...batch);
  return events;
}

function idOf(events: readonly ResponseEvent[]): string {
  const [first] = events;
  return first && "response" in first ? first.response.id : "";
}

function finalOf(events: readonly ResponseEvent[]): ResponseObject {
  const last = events.at(-1);
  if (last === undefined || !("response" in last)) throw new Error("the stream has no terminal event");
  return last.response;
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
    const reader = await openEvents(world.tenant, idOf(sent), sent.length - 1, world.deps(), leaving.signal);
    const waiting = reader.next();
    leaving.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const other = follow(world, idOf(sent));
    await world.responses.delete(world.tenant, idOf(sent));
    world.abort.abort();
    await stream.next();
    expect((await other).length).toBeGreaterThanOrEqual(0);
  });

  test("go to a reader that keeps up without the store being read, and from it to one that falls behind", async () => {
    const words = Array.from({ length: 40 }, (_, n) => `${n} ${"x".repeat(20_000)}`);
    const world = new EngineWorld([...words.map((word) => [say.text(word)]), [say.stop]]);
    const stream = world.respond({ stream: true });
    const sent: ResponseEvent[] = [...((await stream.next()).value ?? [])];
    const id = idOf(sent);
    const { signal } = new AbortController();
    const quick = await openEvents(world.tenant, id, -1, world.deps(), signal);
    const slow = await openEvents(world.tenant, id, -1, world.deps(), signal);
    const [quickly, slowly] = [(await quick.next()).value ?? [], (await slow.next()).value ?? []];
    const waiting = slow.next();
    let next = quick.next();
    let reads = Number.POSITIVE_INFINITY;
    for await (const batch of stream) {
      sent.push(...batch);
      while (quickly.length < sent.length) {
        quickly.push(...((await next).value ?? []));
        next = quick.next();
        // From the second batch on it is told by its tail.
        reads = Math.min(reads, world.responses.reads);
      }
    }
    expect(await next).toEqual({ done: true, value: undefined });
    expect(world.responses.reads).toBe(reads);
    slowly.push(...((await waiting).value ?? []));
    for await (const events of slow) slowly.push(...events);
    const json = sent.map(encodeEvent);
    expect(quickly).toEqual(json);
    expect(slowly).toEqual(json);
    expect(world.responses.reads).toBeGreaterThan(reads);
  });

  test("end with the outcome for a reader that had seen more than is kept", async () => {
    const world = new EngineWorld([...Array.from({ length: 30 }, () => [say.text("x")]), [say.stop]]);
    const sent = await drain(world.respond({ stream: true }));
    const id = idOf(sent);
    world.responses.dropLog(world.tenant, id);
    const told = (await follow(world, id)).map((json) => JSON.parse(json) as ResponseEvent);
    checkStream(told);
    expect(told.length).toBeLessThan(20);
    expect((await follow(world, id, 25)).map((json) => JSON.parse(json))).toEqual([
      { ...told.at(-1), sequence_number: 26 },
    ]);
    expect(await follow(world, id, told.length - 1)).toEqual([]);
  });

  test("that are told, not replayed, show what is asked for: results of searches, and thoughts sealed", async () => {
    const search = [say.reasoning("Hm."), say.call(0, "file_search"), say.args(0, '{"queries":["q"]}')];
    const world = new EngineWorld([[...search, say.toolCalls]], [[say.text("Yes 【1】"), say.stop]]);
    world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
    const searching = { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] };
    const { id } = finalOf(await drain(world.respond({ ...searching, stream: true })));
    const done = async (include?: CreateRequest["include"]) => {
      const { signal } = new AbortController();
      const read: ResponseEvent[] = [];
      for await (const batch of await openEvents(world.tenant, id, -1, world.deps(), signal, include))
        read.push(...batch.map((json) => JSON.parse(json) as ResponseEvent));
      checkStream(read);
      const items = read.flatMap((event) => (event.type === "response.output_item.done" ? [event.item] : []));
      expect(finalOf(read).output).toEqual(items);
      return items;
    };
    const logged = await done(["file_search_call.results"]);
    expect(logged[1]).toMatchObject({ type: "file_search_call", results: null });
    world.responses.dropLog(world.tenant, id);
    const told = await done();
    expect(told).toEqual(logged);
    const [thought, found] = await done(["file_search_call.results", "reasoning.encrypted_content"]);
    expect(found).toMatchObject({ results: [{ file_id: "file-1", text: "text" }] });
    expect(thought).toMatchObject({ encrypted_content: expect.stringContaining("Hm.") });
    expect((await done(["reasoning.encrypted_content"]))[1]).toMatchObject({ results: null });
  });

  test("are known to be there before the first of them comes", async () => {
    const world = new EngineWorld([[say.text("a")], "hang"]);
    const stream = world.respond({ stream: true });
    const sent = [...((await stream.next()).value ?? []), ...((await stream.next()).value ?? [])];
    const leaving = new AbortController();
    const deps = world.deps();
    const events = await openEvents(world.tenant, idOf(sent), sent.length - 1, deps, leaving.signal);
    leaving.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    await stream.return();
    await expect(openEvents(world.tenant, "resp_0", -1, deps, leaving.signal)).rejects.toMatchObject({
      status: 404,
    });
  });

  test("of another tenant's response, or none, are a 404", async () => {
    const world = new EngineWorld(rich);
    const { id } = await world.run({ tools });
    world.tenant = "other";
    await expect(follow(world, id)).rejects.toMatchObject({ status: 404 });
  });
});
