import { connect } from "node:net";
import {
  contentChunk,
  finishChunk,
  gate,
  hang,
  openRawRequest,
  roleChunk,
  type ScriptedBackend,
  text,
  waitFor,
} from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { doorNames, startDoors } from "../doors.ts";
import { readMetrics } from "../envoy/read-metrics.ts";
import { type Message, openSocket } from "./open-socket.ts";

const patient = { connect: "2s", first_byte: "20s", idle: "20s" };

/** Waits until a response is not in progress any more, and gives it. */
function ended(url: string, id: string): Promise<Message> {
  return waitFor(
    async () => {
      const body = (await (await fetch(`${url}/v1/responses/${id}`)).json()) as Message;
      return body.status !== "in_progress" && body;
    },
    { what: "the response to end" },
  );
}

/** Lets the backend stop inside an answer. */
function pause(backend: ScriptedBackend) {
  const stop = gate();
  backend.setDefault([roleChunk(), contentChunk("so"), stop, finishChunk("stop")]);
  return stop;
}

describe.for(doorNames)("a WebSocket through %s", (door) => {
  test("whose client leaves ends all its responses as cancelled", async () => {
    await using doors = await startDoors({ timeout: patient });
    doors.backend.setDefault([roleChunk(), contentChunk("so"), hang()]);
    await using client = await openSocket(doors.url(door));
    client.create();
    client.create({ stream_id: "a" });
    client.create({ stream_id: "a" });
    await client.nth(2, ({ delta }) => delta === "so");
    client.socket.terminate();
    await Promise.all(doors.backend.requests.map(({ whenAborted }) => whenAborted));
    const created = client.messages.filter(({ type }) => type === "response.created");
    expect(created).toHaveLength(2);
    for (const { response } of created) {
      expect(await ended(doors.url(door), response.id)).toMatchObject({
        status: "cancelled",
        output: [{ status: "incomplete", content: [{ text: "so" }] }],
      });
    }
    // What waited has not begun.
    expect(doors.backend.requests).toHaveLength(2);
  });

  test("is counted while it is open", async () => {
    await using doors = await startDoors();
    const open = async () => (await readMetrics(doors.gateway)).value("gateway_websockets_open");
    expect(await open()).toBe(0);
    await using idle = await openSocket(doors.url(door));
    await using client = await openSocket(doors.url(door));
    expect(await open()).toBe(2);
    client.socket.terminate();
    await waitFor(async () => (await open()) === 1, { what: "the connection to be gone" });
    idle.socket.close();
    await waitFor(async () => (await open()) === 0, { what: "both connections to be gone" });
  });

  test("closes in order: what runs may end, what waits is given back", async () => {
    await using doors = await startDoors({ timeout: patient, shutdown: { grace: "20s" } });
    const stop = pause(doors.backend);
    await using idle = await openSocket(doors.url(door));
    await using client = await openSocket(doors.url(door));
    client.create({ stream_id: "a" });
    client.create({ stream_id: "a" });
    await client.nth(1, ({ delta }) => delta === "so");
    doors.gateway.kill("SIGTERM");
    expect(await idle.closed).toBe(1001);
    expect(await client.first("error")).toMatchObject({
      status: 503,
      stream_id: "a",
      error: { code: "server_is_shutting_down" },
    });
    client.create();
    expect(await client.nth(2, ({ type }) => type === "error")).toMatchObject({ status: 503 });
    stop.open();
    await client.first("response.completed");
    expect(await client.closed).toBe(1001);
    expect(await doors.gateway.exited).toMatchObject({ code: 0 });
  });

  test("that reaches its age is told so and closed when what runs has ended", async () => {
    await using doors = await startDoors({ timeout: patient, websocket: { max_age: "300ms" } });
    const stop = pause(doors.backend);
    await using client = await openSocket(doors.url(door));
    client.create();
    await client.nth(1, ({ delta }) => delta === "so");
    await using idle = await openSocket(doors.url(door));
    const limit = {
      type: "error",
      status: 400,
      error: { type: "invalid_request_error", code: "websocket_connection_limit_reached" },
    };
    expect(await idle.first("error")).toMatchObject(limit);
    expect(await idle.closed).toBe(1001);
    client.create({ stream_id: "late" });
    expect(await client.first("error")).toMatchObject({ ...limit, stream_id: "late" });
    stop.open();
    await client.first("response.completed");
    expect(await client.closed).toBe(1001);
    expect(client.messages.at(-1)).toMatchObject(limit);
  });
});

test("a message that does not come to its end closes the connection with 1008, however alive its client is", async () => {
  await using doors = await startDoors({ requests: { receive_timeout: "300ms" } });
  doors.backend.setDefault(text("Yes"));
  await using idle = await openSocket(doors.gateway.http);
  await using client = await openSocket(doors.gateway.http);
  expect((await client.turn()).at(-1).type).toBe("response.completed");
  const reason = new Promise((resolve) => client.socket.on("close", (_code, text) => resolve(String(text))));
  client.socket.send('{"type":', { fin: false });
  const alive = setInterval(() => client.socket.ping(), 20);
  expect(await client.closed).toBe(1008);
  clearInterval(alive);
  expect(await reason).toBe("The message took too long to arrive.");
  expect((await idle.turn()).at(-1).type).toBe("response.completed");
});

test("messages that do not come to their end have so much room together: the first goes", async () => {
  await using doors = await startDoors({ websocket: { receive_memory: "1MiB" } });
  doors.backend.setDefault(text("Yes"));
  await using one = await openSocket(doors.gateway.http);
  await using other = await openSocket(doors.gateway.http);
  const begin = JSON.stringify({ type: "response.create", model: "scripted", input: "x".repeat(600_000) });
  one.socket.send(begin, { fin: false });
  await new Promise<void>((resolve) => {
    one.socket.ping();
    one.socket.once("pong", () => resolve());
  });
  other.socket.send(begin, { fin: false });
  expect(await one.closed).toBe(1008);
  other.socket.send("", { fin: true });
  await other.first("response.completed");
});

test("what outlasts the grace is cut, and stored as cancelled", async () => {
  const dir = { timeout: patient, shutdown: { grace: "200ms" } };
  await using doors = await startDoors(dir);
  doors.backend.setDefault([roleChunk(), contentChunk("so"), hang()]);
  await using client = await openSocket(doors.gateway.http);
  client.create();
  await client.nth(1, ({ delta }) => delta === "so");
  doors.gateway.kill("SIGTERM");
  expect(await client.closed).toBe(1001);
  expect(await doors.gateway.exited).toMatchObject({ code: 0 });
  const last = doors.gateway
    .logs()
    .findLast(({ msg, method }) => msg === "request" && method === "WEBSOCKET");
  expect(last).toMatchObject({ response_status: "cancelled" });
});

test("a client that gives no sign of life is cut, one that does is not", async () => {
  await using doors = await startDoors({ websocket: { ping_interval: "100ms" } });
  doors.backend.setDefault(text("Yes"));
  await using lively = await openSocket(doors.gateway.http);
  let pings = 0;
  lively.socket.on("ping", () => pings++);
  using dead = openRawRequest(`${doors.gateway.http}/v1/responses`, {
    headers: {
      ...{ connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    },
  });
  await dead.waitFor("HTTP/1.1 101 ");
  await dead.closed;
  await waitFor(() => pings >= 4, { what: "four pings" });
  expect((await lively.turn()).at(-1).type).toBe("response.completed");
});

/** More than all buffers on the way hold, and less than an answer may have. */
const plenty = Array.from({ length: 230 }, () => contentChunk("x".repeat(64 * 1024)));

test("a model is waited with while its client does not read", async () => {
  await using doors = await startDoors({ timeout: patient });
  const end = gate();
  doors.backend.byModel("plenty", [roleChunk(), plenty, end, finishChunk("stop")]);
  doors.backend.setDefault(text("Yes"));
  let reached = false;
  void end.reached.then(() => {
    reached = true;
  });
  await using client = await openSocket(doors.gateway.http);
  client.create({ model: "plenty", store: false });
  client.socket.pause();
  // Time enough for all of it, were it taken.
  await using other = await openSocket(doors.gateway.http);
  for (let n = 0; n < 100; n++) await other.turn({ store: false });
  expect(reached).toBe(false);
  client.socket.resume();
  await end.reached;
});

test("a client that does not read is cut after a while; others go on", async () => {
  await using doors = await startDoors({ timeout: patient, websocket: { write_timeout: "500ms" } });
  doors.backend.byModel("plenty", [roleChunk(), plenty, hang()]);
  doors.backend.setDefault(text("Yes"));
  await using client = await openSocket(doors.gateway.http);
  client.create({ model: "plenty", store: false });
  client.socket.pause();
  await using other = await openSocket(doors.gateway.http);
  const asked = await doors.backend.waitForRequest(1);
  await asked.whenAborted;
  expect((await other.turn()).at(-1).type).toBe("response.completed");
  const line = await waitFor(() => doors.gateway.logs().find(({ msg }) => msg === "websocket closed"), {
    what: "the connection to be closed",
  });
  expect(line).toMatchObject({ code: 1006, turns: 1 });
});

test("a client that only asks and never reads is not answered without end", async () => {
  await using doors = await startDoors({ websocket: { write_timeout: "500ms" } });
  const { hostname, port } = new URL(doors.gateway.http);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(
    `GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
      `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  socket.once("data", () => socket.pause());
  // A text frame of four bytes, masked with zeroes (RFC 6455, section 5.2): each is answered with an error.
  const frame = Buffer.concat([Buffer.from([0x81, 0x84, 0, 0, 0, 0]), Buffer.from("oops")]);
  const many = Buffer.concat(Array.from({ length: 10_000 }, () => frame));
  const closed = new Promise<void>((resolve) => socket.once("close", resolve));
  let sent = 0;
  const send = (): void => {
    if (socket.destroyed || sent > 200) return;
    sent++;
    socket.write(many, send);
  };
  send();
  const line = await waitFor(() => doors.gateway.logs().find(({ msg }) => msg === "websocket closed"), {
    what: "the connection to be cut",
    // Two million frames are read before it is.
    timeoutMs: 25_000,
  });
  expect(line.code).toBe(1006);
  socket.destroy();
  await closed;
});
