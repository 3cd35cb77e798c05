import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ConnectorObject, ListObject } from "@gateway/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { sendJson } from "./send-json.ts";

const secrets = ["hunter2-of-the-test", "hunter3-of-the-test", "hunter4-of-the-config"];

describe.for(oneDoor)("connectors through %s", (door) => {
  let doors: KnowledgeDoors;
  beforeAll(async () => {
    doors = await startKnowledge({
      tools: {
        connectors: {
          wiki: { server_url: "https://wiki.example.com/mcp", headers: { authorization: secrets[2] } },
        },
      },
    });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const call = <T = ConnectorObject>(method: string, path: string, body?: unknown) =>
    sendJson<T>(doors.url(door), method, `/connectors${path}`, body);
  const docs = {
    connector_id: "docs",
    name: "Documents",
    server_url: "https://mcp.example.com/mcp",
    headers: { authorization: `Bearer ${secrets[0]}` },
  };

  test("are created, read, listed, overwritten and deleted, and their headers are told to nobody", async () => {
    const created = await call("POST", "", docs);
    const shown = {
      id: "docs",
      object: "connector",
      name: "Documents",
      server_url: docs.server_url,
      created_at: expect.any(Number),
    };
    expect(created).toEqual({ status: 200, body: shown });
    expect(await call("GET", "/docs")).toEqual({ status: 200, body: shown });
    const unnamed = await call("POST", "", { name: "Other", server_url: "http://other.example.com/" });
    expect(unnamed.body.id).not.toBe("");
    const list = async (query = "") => (await call<ListObject<ConnectorObject>>("GET", query)).body;
    expect((await list()).data.map(({ id }) => id)).toEqual([unnamed.body.id, "docs", "wiki"]);
    expect(await list("?limit=1&order=asc&after=wiki")).toMatchObject({
      data: [{ id: "docs" }],
      has_more: true,
    });

    const over = {
      ...docs,
      name: "Papers",
      server_url: "https://new.example.com/mcp",
      headers: { "x-key": secrets[1] },
    };
    expect((await call("POST", "", over)).body).toMatchObject({
      id: "docs",
      name: "Papers",
      server_url: over.server_url,
    });
    expect((await call("GET", "/docs")).body).toMatchObject({ name: "Papers", server_url: over.server_url });
    expect((await list()).data).toHaveLength(3);

    expect(await call("DELETE", "/docs")).toEqual({
      status: 200,
      body: { id: "docs", object: "connector.deleted", deleted: true },
    });
    for (const method of ["GET", "DELETE"])
      expect(await call(method, "/docs")).toMatchObject({ status: 404, body: { error: { code: null } } });
    expect((await list()).data.map(({ id }) => id)).toEqual([unnamed.body.id, "wiki"]);
  });

  test("keep their headers out of every answer, every line of the log and every file", async () => {
    const answers = [
      await call("POST", "", docs),
      await call("GET", "/docs"),
      await call("GET", ""),
      await call("GET", "/wiki"),
    ];
    const refused = await call("POST", "", { ...docs, headers: { "bad name": secrets[0] } });
    expect(refused.status).toBe(422);
    const data = join(doors.gateway.cwd, "data");
    const files = readdirSync(data, { recursive: true, encoding: "utf8" })
      .map((name) => join(data, name))
      .filter((path) => statSync(path).isFile());
    const everywhere = [
      JSON.stringify([...answers, refused]),
      JSON.stringify(await doors.gateway.settledLogs()),
      ...files.map((path) => readFileSync(path, "latin1")),
    ];
    expect(files.some((path) => path.endsWith("gateway.db"))).toBe(true);
    for (const secret of secrets) expect(everywhere.some((place) => place.includes(secret))).toBe(false);
  });

  test("of the configuration are there for everybody and for good", async () => {
    expect((await call("GET", "/wiki")).body).toMatchObject({
      id: "wiki",
      server_url: "https://wiki.example.com/mcp",
    });
    const deleted = await call<{ error?: { type: string } }>("DELETE", "/wiki");
    expect(deleted.status).toBeGreaterThanOrEqual(400);
    expect(deleted.body.error?.type).toBe("invalid_request_error");
    expect((await call("GET", "/wiki")).status).toBe(200);
  });

  test.for([
    [{ name: "x" }, "server_url"],
    [{ server_url: "https://a.example.com" }, "name"],
    [{ name: "x", server_url: "ftp://a.example.com" }, "server_url"],
    [{ name: "x", server_url: "https://user:pass@a.example.com" }, "server_url"],
    [{ name: "x", server_url: "https://a.example.com", connector_id: "a/b" }, "connector_id"],
    [{ name: "x", server_url: "https://a.example.com", headers: { a: "b\nc" } }, "headers.a"],
  ] as const)("are refused as %j", async ([body, param]) => {
    expect(await call("POST", "", body)).toMatchObject({
      status: 422,
      body: { error: { type: "invalid_request_error", param } },
    });
  });
});

test("a connector is shown, and can be registered again, after the key that sealed its headers was lost", async () => {
  await using doors = await startKnowledge();
  const call = (method: string, path: string, body?: unknown) =>
    sendJson<ConnectorObject>(doors.url("http"), method, `/connectors${path}`, body);
  const docs = { connector_id: "docs", name: "Documents", server_url: "https://mcp.example.com/mcp" };
  const created = await call("POST", "", { ...docs, headers: { authorization: "Bearer x" } });
  rmSync(join(doors.gateway.cwd, "data", "gateway.db-key"));
  await doors.restart({ config: { server_key: "another-key-than-the-one-of-the-file" } });
  expect(await call("GET", "/docs")).toEqual(created);
  expect(await call("POST", "", { ...docs, name: "Papers" })).toMatchObject({ status: 200 });
  expect(await call("GET", "/docs")).toMatchObject({ status: 200, body: { name: "Papers" } });
});
