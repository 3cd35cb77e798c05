import {
  contentChunk,
  done,
  errorAnswer,
  finishChunk,
  gate,
  roleChunk,
  type Script,
  text,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { post } from "../post.ts";
import { type Message, openSocket } from "./open-socket.ts";

const two = "sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
const three = "sha256:8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f";

/** An answer that waits in its middle. */
function pausing(): { script: Script; pause: ReturnType<typeof gate> } {
  const pause = gate();
  return { pause, script: [roleChunk(), contentChunk("so"), pause, finishChunk("stop"), done()] };
}

const idOf = (messages: readonly Message[]): string => messages.at(-1)?.response?.id;

describe.for(oneDoor)("lanes of a WebSocket through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors({
      websocket: { max_lanes: 2, max_queued: 2, memory: "20KiB" },
      timeout: { connect: "2s", first_byte: "10s", idle: "10s" },
    });
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => doors.backend.setDefault(text("Yes")));

  /** What the backend was shown last: role and text of each message. */
  const shown = () =>
    (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ role, content }) => [role, content] as const);

  test("run beside each other, and one after the other within", async () => {
    const [slow, later] = [pausing(), pausing()];
    doors.backend.byModel("slow", slow.script);
    doors.backend.byModel("later", later.script);
    await using client = await openSocket(doors.url(door));
    client.create({ stream_id: "a", model: "slow" });
    await client.nth(1, ({ delta }) => delta === "so");
    client.create({ stream_id: "a", model: "later" });
    // The other lane does not wait, and the first one's second request has not begun when it has ended.
    const [created] = await client.turn({ stream_id: "b" });
    expect(created).toMatchObject({ type: "response.created", stream_id: "b" });
    const ofLane = (lane: string) => client.messages.filter(({ stream_id }) => stream_id === lane);
    expect(ofLane("a").filter(({ type }) => type === "response.created")).toHaveLength(1);
    slow.pause.open();
    await client.nth(2, ({ type, stream_id }) => type === "response.created" && stream_id === "a");
    later.pause.open();
    await client.nth(2, ({ type, stream_id }) => type === "response.completed" && stream_id === "a");
    const types = ofLane("a").map(({ type }) => type);
    expect(types.indexOf("response.completed")).toBeLessThan(types.lastIndexOf("response.created"));
  });

  test("are limited, and so is what waits in them", async () => {
    const slow = pausing();
    doors.backend.byModel("slow", slow.script);
    await using client = await openSocket(doors.url(door));
    client.create({ stream_id: "a", model: "slow" });
    client.create({ model: "slow" });
    client.create({ stream_id: "c" });
    expect(await client.first("error")).toMatchObject({
      status: 429,
      stream_id: "c",
      error: { code: "websocket_stream_limit_reached", param: "stream_id" },
    });
    for (let n = 0; n < 3; n++) client.create();
    const full = await client.nth(2, ({ type }) => type === "error");
    expect(full).toMatchObject({ status: 429, error: { code: "websocket_queue_limit_reached" } });
    expect("stream_id" in full).toBe(false);
    slow.pause.open();
    await client.nth(4, ({ type }) => type === "response.completed");
    // A lane at which nothing runs any more takes no place.
    expect((await client.turn({ stream_id: "c" })).at(-1).type).toBe("response.completed");
  });

  test("go on from what is not stored, each from its last, and from each other's", async () => {
    await using client = await openSocket(doors.url(door));
    doors.backend.setDefault(text("One"));
    const first = idOf(await client.turn({ input: "1?", store: false, stream_id: "a" }));
    doors.backend.setDefault(text("Two"));
    const fork = { store: false, stream_id: "b", previous_response_id: first };
    const second = idOf(await client.turn({ input: "2?", ...fork }));
    expect(shown()).toEqual([
      ["user", "1?"],
      ["assistant", "One"],
      ["user", "2?"],
    ]);
    // Lane a has not moved on, so its response is still there for others.
    await client.turn({ input: "3?", store: false, previous_response_id: first });
    expect(shown().map(([, content]) => content)).toEqual(["1?", "One", "3?"]);
    const third = await client.turn({ input: "4?", previous_response_id: second, stream_id: "b" });
    expect(shown().map(([, content]) => content)).toEqual(["1?", "One", "2?", "Two", "4?"]);
    expect(third.at(-1).response.previous_response_id).toBe(second);
    await client.turn({ input: "5?", store: false, stream_id: "a" });
    const [gone] = await client.turn({ input: "6?", stream_id: "b", previous_response_id: first });
    expect(gone).toMatchObject({
      type: "error",
      status: 404,
      stream_id: "b",
      error: { code: "previous_response_not_found", param: "previous_response_id" },
    });
  });

  test("forget what a request has failed to go on from", async () => {
    await using client = await openSocket(doors.url(door));
    const base = idOf(await client.turn({ store: false }));
    const next = { store: false, previous_response_id: base };
    doors.backend.setDefault(errorAnswer(429, { code: "rate_limit_exceeded" }, { "retry-after": "7" }));
    const [refused] = await client.turn(next);
    expect(refused).toMatchObject({
      type: "error",
      status: 429,
      error: { code: "rate_limit_exceeded", headers: { "retry-after": "7" } },
    });
    doors.backend.setDefault(text("Yes"));
    expect(await client.turn(next)).toMatchObject([{ error: { code: "previous_response_not_found" } }]);
    // The connection goes on.
    expect((await client.turn()).at(-1).type).toBe("response.completed");
  });

  test("forget what is more than there is room for", async () => {
    await using client = await openSocket(doors.url(door));
    const input = "x".repeat(12_000);
    const first = idOf(await client.turn({ input, store: false, stream_id: "a" }));
    await client.turn({ input, store: false, stream_id: "b" });
    const [gone] = await client.turn({ store: false, previous_response_id: first, stream_id: "a" });
    expect(gone).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  test("go on from what is stored as over HTTP, and HTTP from them", async () => {
    await using client = await openSocket(doors.url(door));
    const stored = (await (await post(doors.url(door), { model: "scripted", input: "1?" })).json()) as {
      id: string;
    };
    const second = idOf(await client.turn({ input: "2?", previous_response_id: stored.id }));
    await post(doors.url(door), { model: "scripted", input: "3?", previous_response_id: second });
    expect(shown().map(([, content]) => content)).toEqual(["1?", "Yes", "2?", "Yes", "3?"]);
  });

  test.for([{ generate: false }, { prompt_cache_options: { prewarm: true } }])(
    "are warmed up by %j: nothing is said, and it can be gone on from",
    async (fields) => {
      await using client = await openSocket(doors.url(door));
      const asked = doors.backend.requests.length;
      const warm = await client.turn({ input: "I am Ada", store: false, ...fields });
      expect(warm.map(({ type }) => type)).toEqual([
        "response.created",
        "response.in_progress",
        "response.completed",
      ]);
      expect(warm.at(-1).response).toMatchObject({ status: "completed", output: [] });
      expect(doors.backend.requests).toHaveLength(asked);
      await client.turn({ input: "Who?", store: false, previous_response_id: idOf(warm) });
      expect(shown()).toEqual([
        ["user", "I am Ada"],
        ["user", "Who?"],
      ]);
    },
  );
});

test("tenants do not see each other's responses, nor connections what is not stored", async () => {
  await using doors = await startDoors({
    auth: {
      keys: [
        { id: "one", hash: two, tenant: "one" },
        { id: "two", hash: three },
      ],
    },
  });
  doors.backend.setDefault(text("Yes"));
  const by = (key: string) => openSocket(doors.gateway.http, { headers: { authorization: `Bearer ${key}` } });
  await using one = await by("two");
  await using same = await by("two");
  await using other = await by("three");
  const stored = idOf(await one.turn());
  const unstored = idOf(await one.turn({ store: false }));
  const unknown = [{ type: "error", status: 404, error: { code: "previous_response_not_found" } }];
  expect(await other.turn({ previous_response_id: stored })).toMatchObject(unknown);
  expect(await other.turn({ previous_response_id: unstored })).toMatchObject(unknown);
  expect(await same.turn({ previous_response_id: unstored })).toMatchObject(unknown);
  expect((await same.turn({ previous_response_id: stored })).at(-1).type).toBe("response.completed");
});
