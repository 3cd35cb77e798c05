import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { contentChunk, cut, errorAnswer, roleChunk, text, waitFor } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { isReplay, type KeyedPost, postKeyed, readWhole } from "./keyed-post.ts";

describe.for(doorNames)("a request that comes again with its Idempotency-Key through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let key: string;
  let keys = 0;
  beforeAll(async () => {
    doors = await startKnowledge({
      auth: twoTenants,
      http: { cors: { origins: ["https://app.example.com"] } },
    });
    base = doors.url(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    key = `key-${++keys}`;
    doors.backend.setDefault(text("Fine words indeed"));
  });

  const post = (body: object | string, options: KeyedPost = {}) =>
    postKeyed(base, body, { key, auth: "sk-alice", ...options });
  const asked = () => doors.backend.requests.length;

  test("gets the same object, and says so, without the model", async () => {
    const first = await post({ stream: false, x_unknown: 1 });
    expect([first.status, isReplay(first)]).toEqual([200, false]);
    const before = asked();
    const body = await first.json();
    expect(body).toMatchObject({ status: "completed", store: true });
    for (const retry of ["1", "2"]) {
      const again = await post(
        { stream: false, x_unknown: 1 },
        { headers: { "x-stainless-retry-count": retry, "x-request-id": `retry-${retry}` } },
      );
      expect([again.status, isReplay(again)]).toEqual([200, true]);
      expect(await again.json()).toEqual(body);
      expect(again.headers.get("x-gateway-ignored")).toBe("x_unknown");
      expect(again.headers.get("x-request-id")).toBe(`retry-${retry}`);
    }
    expect(asked()).toBe(before);
  });

  test("may write the same body in another way", async () => {
    const first = await post('{"model":"scripted","input":"hi","temperature":1}');
    const again = await post('{ "temperature": 1.0,\n  "input": "h\\u0069", "model": "scripted" }');
    expect(isReplay(again)).toBe(true);
    expect(await again.json()).toEqual(await first.json());
  });

  test("gets the same events of a stream, byte for byte, from the first on", async () => {
    const first = await readWhole(await post({ stream: true }));
    const before = asked();
    const again = await post({ stream: true });
    expect(isReplay(again)).toBe(true);
    const { bytes, final } = await readWhole(again);
    expect(bytes).toBe(first.bytes);
    expect(final).toMatchObject({ status: "completed" });
    expect(asked()).toBe(before);
  });

  test.for([false, true])("gets an answer that is not stored; streamed: %s", async (stream) => {
    const read = async (response: Response) =>
      stream ? (await readWhole(response)).final : ((await response.json()) as { id: string });
    const first = await read(await post({ store: false, stream }));
    const before = asked();
    const again = await post({ store: false, stream });
    expect(isReplay(again)).toBe(true);
    expect(await read(again)).toEqual(first);
    expect(asked()).toBe(before);

    // Only for this key: nobody finds it by its id. But whoever knows the id can have it removed.
    const headers = { authorization: "Bearer sk-alice" };
    const url = `${base}/responses/${first.id}`;
    expect((await fetch(url, { headers })).status).toBe(404);
    const stranger = { authorization: "Bearer sk-bob" };
    expect((await fetch(url, { method: "DELETE", headers: stranger })).status).toBe(404);
    const deleted = await fetch(url, { method: "DELETE", headers });
    expect(await deleted.json()).toEqual({ id: first.id, object: "response", deleted: true });
    expect((await fetch(url, { method: "DELETE", headers })).status).toBe(404);
    expect((await read(await post({ store: false, stream }))).id).not.toBe(first.id);
  });

  test("finds an answer that is not stored sealed, so that nobody reads it in the database", async () => {
    doors.backend.setDefault(text("Unspeakable words"));
    await (await post({ store: false, input: "Unspeakable question" })).text();
    const data = join(doors.gateway.cwd, "data");
    const holds = (words: string) =>
      readdirSync(data, { withFileTypes: true }).some(
        (entry) => entry.isFile() && readFileSync(join(data, entry.name)).includes(words),
      );
    expect(holds(key)).toBe(true);
    expect(holds("Unspeakable")).toBe(false);
  });

  test("gets a response in the background as it then is", async () => {
    const first = (await (await post({ background: true })).json()) as { id: string; status: string };
    expect(first.status).toBe("queued");
    const response = await waitFor(
      async () => {
        const again = await post({ background: true });
        expect(isReplay(again)).toBe(true);
        const body = (await again.json()) as { id: string; status: string };
        expect(body.id).toBe(first.id);
        return body.status === "completed" && body;
      },
      { what: "the response to be completed" },
    );
    expect(response).toMatchObject({ output: [{ content: [{ text: "Fine words indeed" }] }] });
  });

  test("gets the events of a response in the background", async () => {
    const first = await readWhole(await post({ background: true, stream: true }));
    const again = await post({ background: true, stream: true });
    expect(isReplay(again)).toBe(true);
    expect((await readWhole(again)).bytes).toBe(first.bytes);
  });

  test("with another body is refused", async () => {
    await (await post({})).text();
    const before = asked();
    for (const body of [{ input: "other" }, { stream: true }, { store: false }, { temperature: 1 }]) {
      const response = await post(body);
      expect(response.status).toBe(422);
      expect(isReplay(response)).toBe(false);
      expect(await response.json()).toEqual({
        error: {
          ...{ type: "invalid_request_error", code: "idempotency_key_reused", param: null },
          message: expect.stringContaining(`'${key}'`),
        },
      });
    }
    expect(asked()).toBe(before);
  });

  test.for(["", "a b", "x".repeat(256)])("is refused where the key is none: %j", async (bad) => {
    const response = await post({}, { key: bad });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: "invalid_idempotency_key", message: expect.stringContaining("Idempotency-Key") },
    });
  });

  test("of another tenant is that one's own", async () => {
    const ours = (await (await post({})).json()) as { id: string };
    const theirs = await post({ input: "theirs" }, { auth: "sk-bob" });
    expect([theirs.status, isReplay(theirs)]).toEqual([200, false]);
    expect(((await theirs.json()) as { id: string }).id).not.toBe(ours.id);
  });

  test("is made anew where the first came to nothing, also with another body", async () => {
    doors.backend.enqueue(errorAnswer(503, { message: "busy" }));
    const failed = await post({});
    expect(failed.status).toBeGreaterThanOrEqual(500);
    doors.backend.enqueue(roleChunk(), contentChunk("Fi"), cut());
    const broken = await post({ input: "corrected" });
    expect(broken.status).toBe(500);
    const made = await post({ input: "corrected" });
    expect([made.status, isReplay(made)]).toEqual([200, false]);
    expect(isReplay(await post({ input: "corrected" }))).toBe(true);

    expect((await post({ temperature: 99 }, { key: "unclaimed" })).status).toBe(422);
    expect((await post({ model: "none" }, { key: "unclaimed" })).status).toBe(404);
    expect((await post({}, { key: "unclaimed" })).status).toBe(200);
  });

  test("is made anew where the response was deleted", async () => {
    const { id } = (await (await post({})).json()) as { id: string };
    const headers = { authorization: "Bearer sk-alice" };
    expect((await fetch(`${base}/responses/${id}`, { method: "DELETE", headers })).status).toBe(200);
    const again = await post({});
    expect(isReplay(again)).toBe(false);
    expect(((await again.json()) as { id: string }).id).not.toBe(id);
  });

  test("adds its turn to a conversation once", async () => {
    const client = doors.client(door, "sk-alice");
    const { id: conversation } = await client.conversations.create({});
    for (let n = 0; n < 3; n++) await (await post({ conversation })).text();
    const items = await client.conversations.items.list(conversation);
    expect(items.data).toHaveLength(2);
  });

  test("is told of to pages of other origins", async () => {
    const headers = { origin: "https://app.example.com" };
    await (await post({}, { headers })).text();
    const again = await post({}, { headers });
    expect(isReplay(again)).toBe(true);
    expect(again.headers.get("access-control-expose-headers")).toContain("idempotent-replayed");
    const preflight = await fetch(`${base}/responses`, {
      method: "OPTIONS",
      headers: {
        ...headers,
        "access-control-request-method": "POST",
        "access-control-request-headers": "idempotency-key",
      },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("idempotency-key");
  });

  test("is marked in the log and is no call of a model in the metrics", async () => {
    const metric = async () => {
      const page = await (await fetch(`${doors.gateway.http}/metrics`)).text();
      return page.split("\n").filter((line) => /^gen_ai_.*_(sum|count)\b/.test(line));
    };
    const { id } = (await (await post({})).json()) as { id: string };
    const before = await metric();
    expect(before.length).toBeGreaterThan(0);
    await (await post({})).text();
    expect(await metric()).toEqual(before);
    const line = await waitFor(
      () => doors.gateway.logs().find(({ replayed, response_id }) => replayed === true && response_id === id),
      { what: "the request's log line" },
    );
    expect(line).toMatchObject({ msg: "request", status: 200, model: "scripted" });
  });
});
