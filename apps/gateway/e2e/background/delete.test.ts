import { contentChunk, done, finishChunk, gate, roleChunk, text, waitFor } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { EventReader } from "./event-reader.ts";
import { patient } from "./otters.ts";

describe.for(oneDoor)("deleting a response that has not ended, through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge({ ...patient, background: { concurrency: 1 } });
    base = doors.url(door);
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** A response in a conversation of its own, read to the middle of its answer. */
  async function half(background: boolean) {
    const hold = gate();
    doors.backend.setDefault([
      [roleChunk(), contentChunk("Half"), hold, contentChunk(" whole"), finishChunk("stop"), done()],
    ]);
    const { id: conversation } = await client.conversations.create({});
    const reader = await EventReader.create(base, { background, conversation });
    await reader.until("response.output_text.delta");
    const request = doors.backend.requests.at(-1);
    onTestFinished(async () => {
      hold.open();
      await request?.whenEnded;
    });
    return { reader, conversation, hold, request };
  }

  /** One that waits behind {@link half}, in a conversation of its own; what it is asked comes nowhere else. */
  async function queued(input: string) {
    const { hold } = await half(true);
    const { id: conversation } = await client.conversations.create({});
    const reader = await EventReader.create(base, { background: true, input, conversation });
    await reader.until("response.queued");
    return { reader, conversation, hold };
  }

  /** Whatever is asked of the response itself, it is not there. */
  async function isGone(id: string): Promise<void> {
    for (const call of [
      () => client.responses.retrieve(id),
      () => client.responses.retrieve(id, { stream: true }),
      () => client.responses.cancel(id),
      () => client.responses.delete(id),
      () => client.responses.inputItems.list(id),
    ])
      await expect(call()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  }

  /** A response cannot be continued that is not there. */
  const continued = (id: string) =>
    client.responses.create({ model: "scripted", input: "next", previous_response_id: id });
  const unknown = { status: 404, code: "previous_response_not_found" };

  test("a running one: it is gone at once", async () => {
    const { reader } = await half(true);
    await client.responses.delete(reader.id);
    await isGone(reader.id);
  });

  test("a running one: it cannot be continued", async () => {
    const { reader } = await half(true);
    await client.responses.delete(reader.id);
    await expect(continued(reader.id)).rejects.toMatchObject(unknown);
  });

  test("a running one: the model is stopped, and its readers' streams end", async () => {
    const { reader, request } = await half(true);
    const tail = await EventReader.replay(base, reader.id);
    let over = 0;
    for (const each of [reader, tail])
      void each.rest().then(
        () => over++,
        () => {},
      );
    await client.responses.delete(reader.id);
    await waitFor(() => request?.aborted, { what: "the model to be stopped", timeoutMs: 3_000 });
    await waitFor(() => over === 2, { what: "the readers' streams to end", timeoutMs: 3_000 });
    expect(reader.bytes).toBe(tail.bytes);
  });

  test("a running one: where it comes to its end all the same, nothing of it stays", async () => {
    const { reader, conversation, hold } = await half(true);
    const tail = await EventReader.replay(base, reader.id);
    const rest = Promise.all([reader.rest(), tail.rest()]);
    await client.responses.delete(reader.id);
    hold.open();
    const [bytes, tailed] = await rest;
    expect(tailed).toBe(bytes);
    expect(bytes).not.toContain("response.completed");
    doors.backend.setDefault(text("fine"));
    const next = await EventReader.create(base, { background: true });
    await next.rest();
    expect(next.events.at(-1)?.type).toBe("response.completed");
    await isGone(reader.id);
    expect((await client.conversations.items.list(conversation)).data).toEqual([]);
    const after = await client.responses.create({ model: "scripted", input: "next", conversation });
    expect(after.output_text).toBe("fine");
  });

  test("a queued one: it is gone at once, and the model is never asked", async () => {
    const { reader, hold } = await queued("never 1");
    await client.responses.delete(reader.id);
    await isGone(reader.id);
    hold.open();
    doors.backend.setDefault(text("fine"));
    const next = await EventReader.create(base, { background: true });
    await next.rest();
    expect(next.events.at(-1)?.type).toBe("response.completed");
    expect(JSON.stringify(doors.backend.requests.map(({ body }) => body))).not.toContain("never 1");
  });

  test("a queued one: its readers' streams end", async () => {
    const { reader } = await queued("never 2");
    let over = false;
    void reader.rest().then(
      () => {
        over = true;
      },
      () => {},
    );
    await client.responses.delete(reader.id);
    await waitFor(() => over, { what: "the reader's stream to end", timeoutMs: 3_000 });
  });

  test("a queued one: its conversation is free again", async () => {
    const { reader, conversation, hold } = await queued("never 3");
    await client.responses.delete(reader.id);
    hold.open();
    doors.backend.setDefault(text("fine"));
    const next = await client.responses.create({ model: "scripted", input: "next", conversation });
    expect(next.output_text).toBe("fine");
  });

  test("a queued one: it cannot be continued", async () => {
    const { reader } = await queued("never 4");
    await client.responses.delete(reader.id);
    await expect(continued(reader.id)).rejects.toMatchObject(unknown);
  });

  test("one in the foreground: it is gone, and its conversation is free once its stream has ended", async () => {
    const { reader, conversation, hold } = await half(false);
    await client.responses.delete(reader.id);
    await isGone(reader.id);
    hold.open();
    await reader.rest();
    await expect(continued(reader.id)).rejects.toMatchObject(unknown);
    expect((await client.conversations.items.list(conversation)).data).toEqual([]);
    doors.backend.setDefault(text("fine"));
    const next = await client.responses.create({ model: "scripted", input: "next", conversation });
    expect(next.output_text).toBe("fine");
  });
});
