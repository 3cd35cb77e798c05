import { beforeEach, describe, expect, test } from "vitest";
import { openTestApp, type TestApp } from "../../testing/test-app.ts";

const connectors = {
  docs: { server_url: "https://docs.example/mcp", headers: { authorization: "Bearer secret-of-docs" } },
};

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp({ tools: { connectors } });
});

const body = {
  name: "Wiki",
  server_url: "https://wiki.example/mcp",
  headers: { authorization: "Bearer secret-of-wiki" },
};
const post = (change: object = {}) => app.call("POST", "/v1/connectors", { ...body, ...change });

describe("a connector", () => {
  test("is kept under an id of its own or the one given, without showing its headers", async () => {
    const shown = { object: "connector", name: "Wiki", server_url: body.server_url, created_at: 5000 };
    expect((await post()).body).toEqual({ ...shown, id: expect.stringMatching(/^connector_/) });
    expect((await post({ connector_id: "wiki" })).body).toEqual({ ...shown, id: "wiki" });
    expect((await app.call("GET", "/v1/connectors/wiki")).body).toEqual({ ...shown, id: "wiki" });
  });

  test("is overwritten when its id comes again", async () => {
    await post({ connector_id: "wiki" });
    await post({ connector_id: "wiki", name: "New" });
    const { body: page } = await app.call("GET", "/v1/connectors?order=asc");
    expect(page.data.map(({ name }: { name: string }) => name)).toEqual(["docs", "New"]);
  });

  test("is deleted once", async () => {
    await post({ connector_id: "wiki" });
    const path = "/v1/connectors/wiki";
    expect((await app.call("DELETE", path)).body).toEqual({
      id: "wiki",
      object: "connector.deleted",
      deleted: true,
    });
    for (const method of ["GET", "DELETE"]) expect((await app.call(method, path)).status).toBe(404);
  });

  test.for([
    ["no name", { name: undefined }, "name"],
    ["no URL", { server_url: undefined }, "server_url"],
    ["another scheme", { server_url: "file:///etc/passwd" }, "server_url"],
    ["a user in the URL", { server_url: "https://u:secret-in-url@x.example" }, "server_url"],
    ["an id with a slash", { connector_id: "a/b" }, "connector_id"],
    ["a header with a line break", { headers: { a: "x\r\ny: secret-in-header" } }, "headers.a"],
    ["a header of the connection", { headers: { Expect: "secret-in-header" } }, "headers.Expect"],
    ["headers that are none", { headers: "secret-in-header" }, "headers"],
  ])("with %s is a 422", async ([, change, param]) => {
    const answer = await post(change as object);
    expect(answer).toMatchObject({ status: 422, body: { error: { param } } });
    expect(JSON.stringify(answer.body)).not.toContain("secret-");
  });
});

describe("a connector of the configuration", () => {
  test("is found and listed", async () => {
    const docs = {
      id: "docs",
      object: "connector",
      name: "docs",
      server_url: "https://docs.example/mcp",
      created_at: 0,
    };
    expect((await app.call("GET", "/v1/connectors/docs")).body).toEqual(docs);
    expect((await app.call("GET", "/v1/connectors")).body).toEqual({
      object: "list",
      data: [docs],
      first_id: "docs",
      last_id: "docs",
      has_more: false,
    });
  });

  test("cannot be overwritten or deleted", async () => {
    for (const answer of [
      await post({ connector_id: "docs" }),
      await app.call("DELETE", "/v1/connectors/docs"),
    ])
      expect(answer).toMatchObject({ status: 400, body: { error: { code: "connector_read_only" } } });
  });
});

test("headers are in no answer and no log line", async () => {
  const answers = [
    await post({ connector_id: "wiki" }),
    await app.call("GET", "/v1/connectors"),
    await app.call("GET", "/v1/connectors/wiki"),
    await app.call("GET", "/v1/connectors/docs"),
    await app.call("DELETE", "/v1/connectors/wiki"),
  ];
  expect(JSON.stringify(answers.map((answer) => answer.body)) + app.log()).not.toMatch(
    /secret-of|authorization/i,
  );
  expect(app.log()).toContain('"route":"/v1/connectors"');
});

test("an unknown cursor is a 404 naming it", async () => {
  expect(await app.call("GET", "/v1/connectors?after=nothing")).toMatchObject({
    status: 404,
    body: { error: { param: "after" } },
  });
});
