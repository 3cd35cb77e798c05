import { contentChunk, done, finishChunk, type Gate, gate, roleChunk, text, waitFor } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { EventReader } from "./event-reader.ts";
import { patient } from "./otters.ts";

const ask = { model: "scripted", background: true } as const;

describe.for(oneDoor)("the queue of background responses through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let alice: OpenAI;
  let bob: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge({ ...patient, auth: twoTenants, background: { concurrency: 2 } });
    base = doors.url(door);
    alice = doors.client(door, "sk-alice");
    bob = doors.client(door, "sk-bob");
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const key = "sk-alice";
  /** By what was asked: lets the model end an answer that it has begun. */
  const holds = new Map<string, Gate>();
  afterEach(async () => {
    doors.backend.setDefault(text("last"));
    for (const hold of holds.values()) hold.open();
    holds.clear();
    // Everything before it has had its turn then.
    const { id } = await alice.responses.create({ ...ask, input: "last" });
    await ended(alice, id);
    await waitFor(() => doors.backend.activeRequests === 0, { what: "the model to be done" });
  });

  /** From now on the model stops in the middle of each answer. Gives what it was asked, in order. */
  function holdAll(): string[] {
    const asked: string[] = [];
    doors.backend.setDefault(({ body }) => {
      const question = String(body.messages?.at(-1)?.content);
      const hold = gate();
      asked.push(question);
      holds.set(question, hold);
      return [roleChunk(), contentChunk("Half"), hold, contentChunk(" whole"), finishChunk("stop"), done()];
    });
    return asked;
  }

  const ended = (client: OpenAI, id: string) =>
    waitFor(
      async () => {
        const response = await client.responses.retrieve(id);
        return response.status === "queued" || response.status === "in_progress" ? undefined : response;
      },
      { what: `the end of ${id}` },
    );

  test("runs two at a time, in the order they came, tenant by tenant", async () => {
    const asked = holdAll();
    const ids: [OpenAI, string][] = [];
    const queue = async (client: OpenAI, ...inputs: string[]) => {
      for (const input of inputs) ids.push([client, (await client.responses.create({ ...ask, input })).id]);
    };
    await queue(alice, "a1", "a2", "a3", "a4", "a5");
    await waitFor(() => asked.length === 2, { what: "two to run" });
    await queue(bob, "b1", "b2");
    const statuses = await Promise.all(ids.map(async ([client, id]) => client.responses.retrieve(id)));
    expect(statuses.map(({ status }) => status)).toEqual([
      ...["in_progress", "in_progress", "queued", "queued", "queued"],
      ...["queued", "queued"],
    ]);
    for (let over = 0; over < ids.length; over++) {
      // The next does not begin before one has ended.
      expect(doors.backend.activeRequests).toBe(Math.min(2, ids.length - over));
      holds.get(asked[over] ?? "")?.open();
      const expected = Math.min(over + 3, ids.length);
      await waitFor(() => asked.length >= expected && doors.backend.activeRequests <= expected - over - 1, {
        what: `${expected} to have begun`,
      });
    }
    expect(asked).toEqual(["a1", "a2", "b1", "a3", "b2", "a4", "a5"]);
    for (const [client, id] of ids) expect((await ended(client, id)).output_text).toBe("Half whole");
  });

  test("does not hold up what runs in the foreground", async () => {
    const asked = holdAll();
    for (const input of ["1", "2", "3"]) await alice.responses.create({ ...ask, input });
    await waitFor(() => asked.length === 2, { what: "two to run" });
    doors.backend.setDefault(text("at once"));
    expect((await alice.responses.create({ model: "scripted", input: "now" })).output_text).toBe("at once");
  });

  test("holds a conversation from the moment a response is accepted until it has ended", async () => {
    const asked = holdAll();
    const { id: conversation } = await alice.conversations.create({});
    for (const input of ["1", "2"]) await alice.responses.create({ ...ask, input });
    await waitFor(() => asked.length === 2, { what: "two to run" });
    const { id } = await alice.responses.create({ ...ask, input: "mine", conversation });
    const locked = { status: 400, code: "conversation_locked", param: "conversation" };
    const others = () =>
      Promise.all(
        [{ background: true }, { background: false }, { background: true, stream: true as const }].map(
          async (body) =>
            expect(
              alice.responses.create({ model: "scripted", input: "other", conversation, ...body }),
            ).rejects.toMatchObject(locked),
        ),
      );
    await others();
    holds.get("1")?.open();
    await waitFor(() => asked.includes("mine"), { what: "its turn" });
    await others();
    expect((await alice.conversations.items.list(conversation)).data).toEqual([]);
    holds.get("mine")?.open();
    await ended(alice, id);
    const items = (await alice.conversations.items.list(conversation, { order: "asc" })).data;
    expect(items).toMatchObject([{ role: "user" }, { role: "assistant" }]);
    doors.backend.setDefault(text("Next"));
    const next = await alice.responses.create({ model: "scripted", input: "other", conversation });
    expect(next.output_text).toBe("Next");
  });

  test("gives a conversation back when its response is cancelled or fails", async () => {
    const { id: conversation } = await alice.conversations.create({});
    const asked = holdAll();
    const running = await alice.responses.create({ ...ask, input: "running", conversation });
    await waitFor(() => asked.length === 1, { what: "it to run" });
    await alice.responses.cancel(running.id);
    doors.backend.setDefault({ do: "cut", reset: true });
    const failing = await alice.responses.create({ ...ask, input: "failing", conversation });
    expect((await ended(alice, failing.id)).status).toBe("failed");
    doors.backend.setDefault(text("Fine"));
    const { output_text } = await alice.responses.create({ model: "scripted", input: "last", conversation });
    expect(output_text).toBe("Fine");
    expect(doors.backend.requests.at(-1)?.body.messages?.map(({ content }) => content)).toEqual(["last"]);
  });

  test("a response is not continued before it has ended, queued or running, background or not", async () => {
    const asked = holdAll();
    const readers = [
      await EventReader.create(base, { input: "foreground" }, key),
      await EventReader.create(base, { input: "1", background: true }, key),
      await EventReader.create(base, { input: "2", background: true }, key),
      await EventReader.create(base, { input: "queued", background: true }, key),
    ];
    await waitFor(() => asked.length === 3, { what: "three to run" });
    for (const reader of readers) {
      await reader.until("response.created");
      for (const background of [true, false]) {
        const body = { ...ask, background, input: "next", previous_response_id: reader.id };
        await expect(alice.responses.create(body)).rejects.toMatchObject({
          status: 400,
          code: "previous_response_in_progress",
          param: "previous_response_id",
        });
        await expect(bob.responses.create(body)).rejects.toMatchObject({ status: 404 });
      }
    }
    for (const hold of holds.values()) hold.open();
    await waitFor(() => asked.includes("queued"), { what: "the queued one's turn" });
    holds.get("queued")?.open();
    await Promise.all(readers.map((reader) => reader.rest()));
    doors.backend.setDefault(text("Next"));
    for (const reader of readers) {
      const next = await alice.responses.create({
        ...ask,
        input: "next",
        previous_response_id: reader.id,
      });
      expect((await ended(alice, next.id)).output_text).toBe("Next");
      expect(doors.backend.requests.at(-1)?.body.messages).toMatchObject([
        { role: "user" },
        { role: "assistant", content: "Half whole" },
        { role: "user", content: "next" },
      ]);
    }
  });
});
