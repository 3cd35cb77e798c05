import { beforeEach, describe, expect, test } from "vitest";
import { openTestApp, type TestApp } from "../../testing/test-app.ts";

let app: TestApp;
let id: string;
beforeEach(async () => {
  app = await openTestApp();
  ({ id } = (await app.call("POST", "/v1/prompts", { name: "greeting", prompt: "Hello {{name}}!" })).body);
});

const put = (body: object) => app.call("PUT", `/v1/prompts/${id}`, body);

describe("a prompt", () => {
  test("begins as version 1, with the variables of its text", async () => {
    const { body } = await app.call("GET", `/v1/prompts/${id}`);
    expect(body).toEqual({
      id: expect.stringMatching(/^pmpt_[0-9a-f]{32}$/),
      object: "prompt",
      name: "greeting",
      prompt: "Hello {{name}}!",
      variables: ["name"],
      version: "1",
      default_version: "1",
      created_at: 5000,
    });
  });

  test("gets a new version, which is the default unless it should not be", async () => {
    expect((await put({ prompt: "Hi {{ name }}", version: "1" })).body).toMatchObject({
      version: "2",
      default_version: "2",
      name: "greeting",
    });
    expect((await put({ prompt: "Yo", version: 2, set_as_default: false, name: null })).body).toMatchObject({
      version: "3",
      default_version: "2",
      name: null,
      variables: [],
    });
    expect((await app.call("GET", `/v1/prompts/${id}`)).body.prompt).toBe("Hi {{ name }}");
    expect((await app.call("GET", `/v1/prompts/${id}?version=1`)).body.prompt).toBe("Hello {{name}}!");
  });

  test("cannot be replaced by who does not say what, or has not seen the latest", async () => {
    expect(await put({ prompt: "x" })).toMatchObject({
      status: 422,
      body: { error: { param: "version", code: "missing_required_parameter" } },
    });
    await put({ prompt: "second", version: "1" });
    for (const version of ["1", "7"]) {
      const answer = await put({ prompt: "x", version });
      expect(answer).toMatchObject({
        status: 409,
        body: { error: { code: "version_conflict", param: "version" } },
      });
      expect(answer.headers.get("x-should-retry")).toBe("false");
    }
  });

  test("lists its versions, with versions as cursors", async () => {
    await put({ prompt: "b", version: "1" });
    await put({ prompt: "c", version: "2" });
    const { body } = await app.call("GET", `/v1/prompts/${id}/versions?limit=2`);
    expect(body.data.map(({ prompt }: { prompt: string }) => prompt)).toEqual(["c", "b"]);
    expect(body).toMatchObject({ object: "list", first_id: "3", last_id: "2", has_more: true });
    const rest = await app.call("GET", `/v1/prompts/${id}/versions?after=2`);
    expect(rest.body).toMatchObject({ data: [{ version: "1" }], has_more: false });
    expect((await app.call("GET", `/v1/prompts/${id}/versions?after=9`)).body.error.param).toBe("after");
  });

  test("has another default version when told so", async () => {
    await put({ prompt: "b", version: "1" });
    const path = `/v1/prompts/${id}/default_version`;
    expect((await app.call("POST", path, { version: 1 })).body).toMatchObject({
      version: "1",
      default_version: "1",
    });
    expect((await app.call("GET", `/v1/prompts/${id}`)).body.version).toBe("1");
    expect(await app.call("POST", path, { version: "9" })).toMatchObject({
      status: 404,
      body: { error: { param: "version" } },
    });
    expect((await app.call("POST", path, {})).status).toBe(422);
  });

  test("is deleted with all versions", async () => {
    const path = `/v1/prompts/${id}`;
    expect((await app.call("DELETE", path)).body).toEqual({ id, object: "prompt.deleted", deleted: true });
    const calls: [string, string, unknown?][] = [
      ["GET", path],
      ["GET", `${path}?version=1`],
      ["GET", `${path}/versions`],
      ["DELETE", path],
      ["PUT", path, { prompt: "x", version: "1" }],
      ["POST", `${path}/default_version`, { version: "1" }],
    ];
    for (const [method, at, body] of calls) expect((await app.call(method, at, body)).status).toBe(404);
  });
});

test("prompts are listed, each in its latest version", async () => {
  await put({ prompt: "b", version: "1", set_as_default: false });
  const { body: second } = await app.call("POST", "/v1/prompts", { prompt: "other" });
  const { body } = await app.call("GET", "/v1/prompts?order=asc");
  expect(body).toMatchObject({ object: "list", first_id: id, last_id: second.id, has_more: false });
  expect(body.data[0]).toMatchObject({ version: "2", default_version: "1" });
  expect((await app.call("GET", "/v1/prompts?after=pmpt_x")).status).toBe(404);
});

describe("variables", () => {
  test.for([
    ["all that are used", "{{a}} {{b}}", ["b", "a"]],
    ["none of none", "text", []],
  ] as const)("may be named: %s", async ([, prompt, variables]) => {
    expect(await app.call("POST", "/v1/prompts", { prompt, variables })).toMatchObject({
      status: 200,
      body: { variables },
    });
  });

  test.for([
    ["one that the text has not", "{{a}}", ["a", "b"], "variables[1]"],
    ["one twice", "{{a}}", ["a", "a"], "variables[1]"],
    ["fewer than are used", "{{a}} {{b}}", ["a"], "prompt"],
    ["no name", "{{a}}", ["a", "b c"], "variables[1]"],
    ["no text", "", [], "prompt"],
  ] as const)("that are wrong are a 422: %s", async ([, prompt, variables, param]) => {
    expect(await app.call("POST", "/v1/prompts", { prompt, variables })).toMatchObject({
      status: 422,
      body: { error: { param } },
    });
  });
});
