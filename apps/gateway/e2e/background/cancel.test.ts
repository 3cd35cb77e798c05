import { StreamChecker } from "@gateway/protocol/grammar";
import { contentChunk, delay, gate, hang, roleChunk, text, waitFor } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { searching } from "../knowledge/scripted-search.ts";
import { EventReader, replayed } from "./event-reader.ts";
import { addOtters, patient, searchOf } from "./otters.ts";

const ask = { model: "scripted", input: "hi", background: true } as const;

describe.for(oneDoor)("cancelling through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge({ ...patient, auth: twoTenants, background: { concurrency: 1 } });
    base = doors.url(door);
    client = doors.client(door, "sk-alice");
    store = await addOtters(client);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const key = "sk-alice";
  const halfSaid = [roleChunk(), contentChunk("Half of"), contentChunk(" it"), hang()];

  /** A stream of a background response, read until all of {@link halfSaid} has come. */
  async function running(): Promise<EventReader> {
    doors.backend.setDefault(halfSaid);
    const reader = await EventReader.create(base, { background: true }, key);
    while (!reader.frames.at(-1)?.data.includes(" it")) await reader.next();
    return reader;
  }

  test("a running response stops the model, keeps what was said and ends its streams", async () => {
    const reader = await running();
    const asked = doors.backend.requests.length;
    const rest = reader.rest();
    const cancelled = await client.responses.cancel(reader.id);
    expect(cancelled).toMatchObject({
      id: reader.id,
      status: "cancelled",
      completed_at: null,
      error: null,
      output: [{ type: "message", status: "incomplete", content: [{ text: "Half of it" }] }],
    });
    const request = doors.backend.requests[asked - 1];
    await request?.whenAborted;
    const bytes = await rest;
    const checker = new StreamChecker();
    for (const event of reader.events) checker.push(event);
    expect(reader.events.at(-1)).toMatchObject({
      type: "response.output_item.done",
      item: { status: "incomplete" },
    });
    expect(bytes.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(await replayed(base, reader.id, { key })).toBe(bytes);
    expect(await client.responses.retrieve(reader.id)).toMatchObject(cancelled);
    // Fine to do again.
    expect(await client.responses.cancel(reader.id)).toEqual(cancelled);
    expect(doors.backend.requests).toHaveLength(asked);
  });

  test("a queued response never reaches the model, and the next one's turn comes", async () => {
    const first = await running();
    const queued = await EventReader.create(base, { ...ask, input: "never" }, key);
    await queued.until("response.queued");
    expect((await client.responses.retrieve(queued.id)).status).toBe("queued");
    const last = await client.responses.create({ ...ask, input: "last" });
    const rest = queued.rest();
    expect(await client.responses.cancel(queued.id)).toMatchObject({ status: "cancelled", output: [] });
    const bytes = await rest;
    expect(queued.events.map(({ type }) => type)).not.toContain("response.completed");
    expect(bytes.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(await replayed(base, queued.id, { key })).toBe(bytes);

    doors.backend.setDefault(text("fine"));
    await client.responses.cancel(first.id);
    await waitFor(async () => (await client.responses.retrieve(last.id)).status === "completed", {
      what: "the last to be answered",
    });
    expect(JSON.stringify(doors.backend.requests.map(({ body }) => body))).not.toContain("never");
  });

  test("a response that searches is cancelled with its search", async () => {
    const hold = doors.embeddings.hold();
    doors.backend.setDefault(searching({ searches: [["otters swim"]], answer: "They swim." }));
    const reader = await EventReader.create(base, { background: true, tools: [searchOf(store)] }, key);
    await reader.until("response.file_search_call.searching");
    await hold.reached;
    const asked = doors.backend.requests.length;
    expect(await client.responses.cancel(reader.id)).toMatchObject({
      status: "cancelled",
      output: [{ type: "file_search_call", status: "incomplete" }],
    });
    hold.open();
    await reader.rest();
    const checker = new StreamChecker();
    for (const event of reader.events) checker.push(event);
    expect(doors.backend.requests).toHaveLength(asked);
  });

  test("a response that has ended stays as it is", async () => {
    for (const [script, status] of [
      [text("Done"), "completed"],
      [text("Do", { finish: "length" }), "incomplete"],
      [[roleChunk(), { do: "cut", reset: true }], "failed"],
    ] as const) {
      doors.backend.setDefault(script);
      const reader = await EventReader.create(base, { background: true }, key);
      const bytes = await reader.rest();
      const before = await client.responses.retrieve(reader.id);
      expect(before.status).toBe(status);
      expect(before).toMatchObject(await client.responses.cancel(reader.id));
      expect(await replayed(base, reader.id, { key })).toBe(bytes);
    }
  });

  test("what is not there, or not the caller's, is not found, and goes on", async () => {
    const reader = await running();
    const bob = doors.client(door, "sk-bob");
    await expect(bob.responses.cancel(reader.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(client.responses.cancel("resp_none")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect((await client.responses.retrieve(reader.id)).status).toBe("in_progress");
    await client.responses.cancel(reader.id);
    await client.responses.delete(reader.id);
    await expect(client.responses.cancel(reader.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("a foreground response is refused, while it runs and afterwards", async () => {
    const hold = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("Hello"), hold, text("!")]);
    const reader = await EventReader.create(base, {}, key);
    await reader.until("response.output_text.delta");
    const refused = { status: 400, type: "invalid_request_error" };
    await expect(client.responses.cancel(reader.id)).rejects.toMatchObject(refused);
    hold.open();
    await reader.rest();
    expect(reader.events.at(-1)?.type).toBe("response.completed");
    await expect(client.responses.cancel(reader.id)).rejects.toMatchObject(refused);
  });

  test("many at once, at any moment, leave none behind", async () => {
    doors.backend.setDefault([roleChunk(), contentChunk("Hal"), delay(5), contentChunk("lo"), text("!")]);
    const cancelled = Array.from({ length: 30 }, async (_, n) => {
      const { id } = await client.responses.create(ask);
      // Some at once, some when those before them have had their turn.
      for (let asked = 0; asked < n % 7; asked++) await client.responses.retrieve(id);
      const [first, second] = await Promise.all([client.responses.cancel(id), client.responses.cancel(id)]);
      expect(["cancelled", "completed"]).toContain(first.status);
      expect(second).toEqual(first);
      expect(await client.responses.retrieve(id)).toMatchObject(first);
      const reader = await EventReader.replay(base, id, { key });
      await reader.rest();
      const checker = new StreamChecker();
      for (const event of reader.events) checker.push(event);
      return first.status;
    });
    expect(await Promise.all(cancelled)).toContain("cancelled");
    doors.backend.setDefault(text("fine"));
    const reader = await EventReader.create(base, { background: true }, key);
    await reader.rest();
    expect(reader.events.at(-1)?.type).toBe("response.completed");
    expect(doors.backend.activeRequests).toBe(0);
  });
});
