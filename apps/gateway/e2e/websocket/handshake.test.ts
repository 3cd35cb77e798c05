import { openRawRequest, text } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { openSocket } from "./open-socket.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": key,
};

/** The status line, headers and JSON body of a request that is not granted. */
async function refused(url: string, headers: Record<string, string>, path = "/v1/responses", method = "GET") {
  using exchange = openRawRequest(`${url}${path}`, { method, headers });
  await exchange.closed;
  const [head = "", body = ""] = exchange.received().split("\r\n\r\n");
  return {
    status: Number(head.split(" ")[1]),
    head: head.toLowerCase(),
    body: JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)),
  };
}

describe.for(doorNames)("a handshake through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors({
      websocket: { max_connections_per_tenant: 2, max_connections: 3 },
      auth: {
        keys: [
          { id: "a", hash: "sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3" },
          { id: "b", hash: "sha256:8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f" },
        ],
      },
    });
    doors.backend.setDefault(text("Yes"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const authorization = "Bearer two";
  const connection = "close";

  test("without an upgrade is told to use one", async () => {
    const told = await refused(doors.url(door), { authorization, connection });
    expect(told).toMatchObject({
      status: 426,
      body: { error: { type: "invalid_request_error", code: "upgrade_required" } },
    });
    // Envoy keeps such headers to itself.
    if (door === "http") expect(told.head).toMatch(/\r\nupgrade: websocket/);
  });

  test("of another version is told which is spoken", async () => {
    const told = await refused(doors.url(door), { authorization, ...upgrade, "sec-websocket-version": "8" });
    expect(told).toMatchObject({ status: 426, body: { error: { code: "upgrade_required" } } });
    expect(told.head).toMatch(/\r\nsec-websocket-version: 13/);
  });

  test("without its key is a 400", async () => {
    const told = await refused(doors.url(door), { authorization, ...upgrade, "sec-websocket-key": "short" });
    expect(told).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
  });

  test("of somebody unknown is a 401 over HTTP", async () => {
    const told = await refused(doors.url(door), upgrade);
    expect(told).toMatchObject({ status: 401, body: { error: { code: "invalid_api_key" } } });
    expect(told.head).toMatch(/\r\nx-request-id: /);
    await expect(openSocket(doors.url(door))).rejects.toThrow("status 401");
  });

  test("for another path is answered as if it asked for no upgrade, and of another method a 405", async () => {
    const headers = { authorization, ...upgrade, connection: "close, upgrade" };
    expect(await refused(doors.url(door), headers, "/v1/nothing")).toMatchObject({ status: 404 });
    // Envoy leaves the body out of an answer that succeeds without an upgrade.
    if (door === "http") {
      const models = await refused(doors.url(door), headers, "/v1/models");
      expect(models).toMatchObject({ status: 200, body: { object: "list" } });
    }
    expect(await refused(doors.url(door), headers, undefined, "PUT")).toMatchObject({ status: 405 });
  });

  test("by POST is answered as if it asked for no upgrade", async () => {
    const headers = { authorization, ...upgrade, connection: "close, upgrade" };
    const told = await refused(doors.url(door), headers, "/v1/responses", "POST");
    expect(told).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
  });

  test("is granted as often as there is room for", async () => {
    const open = (name: string) =>
      openSocket(doors.url(door), { headers: { authorization: `Bearer ${name}` } });
    await using one = await open("two");
    {
      await using _other = await open("two");
      await expect(open("two")).rejects.toThrow("status 429");
      await using _third = await open("three");
      await expect(open("three")).rejects.toThrow("status 503");
    }
    expect((await one.turn()).at(-1).type).toBe("response.completed");
    // The place is free when the connection is closed at the gateway, too.
    const again = async (): Promise<unknown> => {
      try {
        await using client = await open("two");
        return client;
      } catch {
        return again();
      }
    };
    await again();
  });

  test("answers a client that offers compression without it", async () => {
    const headers = { authorization };
    await using client = await openSocket(doors.url(door), { headers, perMessageDeflate: true });
    expect(client.socket.extensions).toBe("");
    expect((await client.turn()).at(-1).type).toBe("response.completed");
  });
});

describe("a handshake of a web page", () => {
  const open = (doors: Doors, origin: string) => openSocket(doors.gateway.http, { origin });

  test("is refused like its other requests while anyone may call", async () => {
    await using doors = await startDoors({ http: { cors: { origins: ["https://app.example.com"] } } });
    await expect(open(doors, "https://evil.example.com")).rejects.toThrow("status 403");
    await using allowed = await open(doors, "https://app.example.com");
    await using local = await open(doors, "http://localhost:3000");
    expect([allowed.socket.readyState, local.socket.readyState]).toEqual([1, 1]);
  });
});

test("a request for another upgrade is answered as if it asked for none", async () => {
  await using doors = await startDoors();
  using exchange = openRawRequest(`${doors.gateway.http}/health`, {
    headers: { connection: "Upgrade, close", upgrade: "h2c" },
  });
  await exchange.waitFor("HTTP/1.1 200 ");
});
