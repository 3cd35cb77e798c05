import { isTerminal } from "@gateway/protocol";
import { contentChunk, done, finishChunk, type Gate, gate, hang, roleChunk, text } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { patient } from "../background/otters.ts";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { hasRead, isReplay, type KeyedPost, KeyedStream, postKeyed, readWhole } from "./keyed-post.ts";

describe.for(oneDoor)("a request that comes again while the first is worked on, through %s", (door) => {
  let doors: KnowledgeDoors;
  let key: string;
  let keys = 0;
  beforeAll(async () => {
    doors = await startKnowledge(patient);
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    key = `key-${++keys}`;
    doors.backend.setDefault(text("made anew"));
  });

  const post = (body: object, options: KeyedPost = {}) =>
    postKeyed(doors.url(door), body, { key, ...options });
  const asked = () => doors.backend.requests.length;
  const read = () => doors.gateway.logs().filter(({ msg }) => msg === "processing request").length;

  /** A model that says "one", and "two" when the gate is opened. */
  function holdBack(): Gate {
    const held = gate();
    doors.backend.enqueue(
      ...[roleChunk(), contentChunk("one "), held, contentChunk("two"), finishChunk("stop"), done()],
    );
    return held;
  }

  /** Sends so many requests, once the gateway has read what was sent before. */
  async function sendMore(
    count: number,
    body: object,
    options: KeyedPost = {},
  ): Promise<Promise<Response>[]> {
    const before = read();
    const sent = Array.from({ length: count }, () => post(body, options));
    // Those that leave are looked at by the tests themselves.
    for (const each of sent) void each.catch(() => {});
    await hasRead(doors.gateway, before + count);
    return sent;
  }

  test.for([true, false])("waits for its end and gets the same object; stored: %s", async (store) => {
    const held = holdBack();
    const before = asked();
    const first = post({ store });
    await held.reached;
    const others = await sendMore(5, { store });
    held.open();
    const body = await (await first).json();
    expect(body).toMatchObject({ status: "completed", output: [{ content: [{ text: "one two" }] }] });
    for (const other of await Promise.all(others)) {
      expect([other.status, isReplay(other)]).toEqual([200, true]);
      expect(await other.json()).toEqual(body);
    }
    expect(asked()).toBe(before + 1);
  });

  test("follows a stream live, with the same bytes", async () => {
    const held = holdBack();
    const before = asked();
    const first = new KeyedStream(await post({ stream: true }));
    await first.until("response.output_text.delta");
    const [second] = await Promise.all(await sendMore(1, { stream: true }));
    expect(isReplay(second as Response)).toBe(true);
    const whole = readWhole(second as Response);
    held.open();
    expect((await whole).bytes).toBe(await first.rest());
    expect((await whole).final).toMatchObject({ output: [{ content: [{ text: "one two" }] }] });
    expect(asked()).toBe(before + 1);
  });

  test("waits for the end of a stream that is not stored, and is told it", async () => {
    const held = holdBack();
    const body = { stream: true, store: false };
    const first = await post(body);
    await held.reached;
    const others = await sendMore(2, body);
    held.open();
    const { final } = await readWhole(first);
    for (const other of await Promise.all(others)) expect((await readWhole(other)).final).toEqual(final);
  });

  test("is refused at once with another body", async () => {
    const held = holdBack();
    const first = post({});
    await held.reached;
    const refused = await post({ input: "other" });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ error: { code: "idempotency_key_reused" } });
    held.open();
    expect((await first).status).toBe(200);
  });

  test("makes the answer itself when the first's client leaves; the others wait on", async () => {
    doors.backend.enqueue(roleChunk(), contentChunk("never heard"), hang());
    const before = asked();
    const leaving = new AbortController();
    const first = post({}, { signal: leaving.signal });
    void first.catch(() => {});
    const call = await doors.backend.waitForRequest(before + 1);
    const others = await sendMore(4, {});
    leaving.abort();
    await call.whenAborted;
    const answers = await Promise.all(others);
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(bodies[0]).toMatchObject({ output: [{ content: [{ text: "made anew" }] }] });
    for (const body of bodies) expect(body).toEqual(bodies[0]);
    expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(asked()).toBe(before + 2);
  });

  test("sees no end of a stream that it follows when the first's client leaves; the next try is made anew", async () => {
    doors.backend.enqueue(roleChunk(), contentChunk("never heard"), hang());
    const leaving = new AbortController();
    const first = new KeyedStream(await post({ stream: true }, { signal: leaving.signal }));
    await first.until("response.output_text.delta");
    const [answer] = await Promise.all(await sendMore(1, { stream: true }));
    const second = new KeyedStream(answer as Response);
    await second.until("response.output_text.delta");
    leaving.abort();
    await second.rest();
    expect(second.id).toBe(first.id);
    expect(second.events.filter(isTerminal)).toEqual([]);
    const third = await post({ stream: true });
    expect(isReplay(third)).toBe(false);
    expect((await readWhole(third)).final).toMatchObject({ status: "completed" });
  });

  test("is turned away where many wait already, and gets the answer when it comes again", async () => {
    const held = holdBack();
    const first = post({});
    await held.reached;
    const others = await sendMore(8, {});
    const refused = await post({});
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({
      error: { type: "rate_limit_error", code: "too_many_waiting_requests" },
    });
    // Other keys are no part of it.
    expect((await post({}, { key: `${key}-other` })).status).toBe(200);
    held.open();
    const body = await (await first).json();
    for (const other of await Promise.all(others)) expect(await other.json()).toEqual(body);
    expect(await (await post({})).json()).toEqual(body);
  });

  test("may leave while it waits: the first goes on, and its answer is kept for the next", async () => {
    const held = holdBack();
    const first = post({});
    await held.reached;
    const leaving = new AbortController();
    const [second] = await sendMore(1, {}, { signal: leaving.signal });
    leaving.abort();
    await expect(second).rejects.toThrow();
    held.open();
    const body = await (await first).json();
    const third = await post({});
    expect(isReplay(third)).toBe(true);
    expect(await third.json()).toEqual(body);
  });
});
