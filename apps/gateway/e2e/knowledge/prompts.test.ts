import type { ListObject, PromptObject } from "@gateway/protocol";
import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { redPixel } from "./sample-files.ts";
import { sendJson } from "./send-json.ts";

type ErrorBody = { error: { message: string; type: string; param: string | null; code: string | null } };

describe.for(oneDoor)("prompts through %s", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
    doors.backend.setDefault(text("Done"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const call = <T = PromptObject>(method: string, path: string, body?: unknown) =>
    sendJson<T>(doors.url(door), method, `/prompts${path}`, body);
  const create = async (prompt: string, name?: string) => (await call("POST", "", { prompt, name })).body;
  const refusal = async (method: string, path: string, body?: unknown) => {
    const answer = await call<ErrorBody>(method, path, body);
    return [answer.status, answer.body.error.code, answer.body.error.param];
  };
  const messages = () => doors.backend.requests.at(-1)?.body.messages;

  test("are created, with the variables that are in them", async () => {
    const answer = await call("POST", "", {
      name: "Greeting",
      prompt: "Greet {{name}} in {{ language }}, {{name}}.",
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        id: expect.stringMatching(/^pmpt_/),
        object: "prompt",
        name: "Greeting",
        prompt: "Greet {{name}} in {{ language }}, {{name}}.",
        variables: ["name", "language"],
        version: "1",
        default_version: "1",
        created_at: expect.any(Number),
      },
    });
    expect((await call("GET", `/${answer.body.id}`)).body).toEqual(answer.body);
    expect(await refusal("POST", "", {})).toEqual([422, "missing_required_parameter", "prompt"]);
    expect(await refusal("POST", "", { prompt: "{{a}}", variables: ["a", "b"] })).toEqual([
      422,
      "invalid_value",
      "variables[1]",
    ]);
    expect(await refusal("POST", "", { prompt: "{{a}} {{b}}", variables: ["a"] })).toEqual([
      422,
      "invalid_value",
      "prompt",
    ]);
  });

  test("have versions; the one that is replaced must be the latest", async () => {
    const { id } = await create("One", "Numbers");
    const second = await call("PUT", `/${id}`, { prompt: "Two {{x}}", version: "1" });
    expect(second).toMatchObject({
      status: 200,
      body: {
        id,
        name: "Numbers",
        prompt: "Two {{x}}",
        variables: ["x"],
        version: "2",
        default_version: "2",
      },
    });
    expect(await refusal("PUT", `/${id}`, { prompt: "Three", version: "1" })).toEqual([
      409,
      "version_conflict",
      "version",
    ]);
    expect(await refusal("PUT", `/${id}`, { prompt: "Three" })).toEqual([
      422,
      "missing_required_parameter",
      "version",
    ]);
    const third = await call("PUT", `/${id}`, { prompt: "Three", version: 2, set_as_default: false });
    expect(third.body).toMatchObject({ version: "3", default_version: "2" });
    expect((await call("GET", `/${id}`)).body).toMatchObject({ version: "2", prompt: "Two {{x}}" });
    expect((await call("GET", `/${id}?version=1`)).body).toMatchObject({
      version: "1",
      prompt: "One",
      default_version: "2",
    });
    expect(await refusal("GET", `/${id}?version=9`)).toEqual([404, null, "version"]);

    const versions = (query: string) => call<ListObject<PromptObject>>("GET", `/${id}/versions${query}`);
    expect((await versions("")).body).toMatchObject({
      object: "list",
      data: [{ version: "3" }, { version: "2" }, { version: "1" }],
      has_more: false,
    });
    expect((await versions("?limit=1&order=asc&after=1")).body).toMatchObject({
      data: [{ version: "2" }],
      has_more: true,
      last_id: "2",
    });

    expect((await call("POST", `/${id}/default_version`, { version: "1" })).body).toMatchObject({
      version: "1",
      default_version: "1",
    });
    expect((await call("GET", `/${id}`)).body).toMatchObject({ prompt: "One" });
    expect(await refusal("POST", `/${id}/default_version`, { version: "7" })).toEqual([404, null, "version"]);
  });

  test("that two change at once are changed by one", async () => {
    const { id } = await create("One");
    const bodies = ["A", "B", "C", "D"].map((prompt) => ({ prompt, version: "1" }));
    const answers = await Promise.all(bodies.map((body) => call("PUT", `/${id}`, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  test("are listed and deleted", async () => {
    const ids = [await create("A"), await create("B"), await create("C")].map(({ id }) => id);
    const list = (query: string) => call<ListObject<PromptObject>>("GET", query);
    expect((await list("?limit=2")).body).toMatchObject({
      object: "list",
      data: [{ id: ids[2] }, { id: ids[1] }],
      has_more: true,
    });
    expect((await list(`?limit=1&after=${ids[1]}`)).body.data).toMatchObject([{ id: ids[0] }]);
    expect(await call("DELETE", `/${ids[1]}`)).toEqual({
      status: 200,
      body: { id: ids[1], object: "prompt.deleted", deleted: true },
    });
    for (const [method, path, body] of [
      ["GET", ""],
      ["GET", "/versions"],
      ["PUT", "", { prompt: "x", version: "1" }],
      ["POST", "/default_version", { version: "1" }],
      ["DELETE", ""],
    ] as const)
      expect(await refusal(method, `/${ids[1]}${path}`, body)).toEqual([404, null, null]);
    await expect(
      client.responses.create({ model: "scripted", prompt: { id: ids[1] as string } }),
    ).rejects.toMatchObject({ status: 404, param: "prompt.id" });
  });

  test("stand before the input, with their variables, by version or by default", async () => {
    const { id } = await create("Answer {{name}} in {{language}}.");
    await call("PUT", `/${id}`, { prompt: "Be short, {{name}}.", version: "1" });
    const response = await client.responses.create({
      model: "scripted",
      instructions: "Be kind.",
      input: "Hello",
      prompt: { id, version: "1", variables: { name: "Ada {{language}}", language: "French" } },
    });
    expect(response.prompt).toMatchObject({ id, version: "1", variables: { language: "French" } });
    expect(JSON.stringify(messages())).toContain("Answer Ada {{language}} in French.");
    expect(
      messages()
        ?.map(({ role }) => role)
        .at(-1),
    ).toBe("user");
    await client.responses.create({
      model: "scripted",
      input: "Hello",
      prompt: { id, variables: { name: "Ada" } },
    });
    expect(JSON.stringify(messages())).toContain("Be short, Ada.");
    await client.responses.create({
      model: "scripted",
      prompt: { id, variables: { name: { type: "input_text", text: "Eve" } } },
    });
    expect(JSON.stringify(messages())).toContain("Be short, Eve.");
    const { final } = await postStream(new URL(doors.url(door)).origin, {
      model: "scripted",
      prompt: { id, variables: { name: "Bob" } },
    });
    expect(final.status).toBe("completed");
    expect(JSON.stringify(messages())).toContain("Be short, Bob.");
  });

  test("take pictures and files for variables", async () => {
    const { id } = await create("Compare {{picture}} with {{report}}.");
    const file = await client.files.create({
      file: await toFile(Buffer.from("Ferns grow."), "ferns.txt"),
      purpose: "user_data",
    });
    const image = await client.files.create({ file: await toFile(redPixel, "red.png"), purpose: "vision" });
    await client.responses.create({
      model: "scripted",
      prompt: {
        id,
        variables: {
          picture: { type: "input_image", file_id: image.id, detail: "auto" },
          report: { type: "input_file", file_id: file.id },
        },
      },
    });
    expect(messages()).toMatchObject([
      {
        role: "user",
        content: [
          { type: "text", text: "Compare " },
          { type: "image_url", image_url: { url: `data:image/png;base64,${redPixel.toString("base64")}` } },
          { type: "text", text: expect.stringContaining(" with ") },
          { type: "text", text: "File: ferns.txt\n\nFerns grow." },
          { type: "text", text: "." },
        ],
      },
    ]);
    const missing = { type: "input_image" as const, file_id: "file-none", detail: "auto" as const };
    await expect(
      client.responses.create({
        model: "scripted",
        prompt: { id, variables: { picture: missing, report: "x" } },
      }),
    ).rejects.toMatchObject({ status: 404, param: "prompt.variables" });
  });

  test("name the variable that is missing or unknown, and the version", async () => {
    const { id } = await create("Greet {{name}}.");
    const before = doors.backend.requests.length;
    for (const stream of [false, true]) {
      const use = (prompt: object) =>
        client.responses.create({ model: "scripted", stream, prompt: { id, ...prompt } });
      await expect(use({})).rejects.toMatchObject({
        status: 422,
        code: "missing_required_parameter",
        param: "prompt.variables.name",
        message: expect.stringContaining("'name'"),
      });
      await expect(use({ variables: { name: "Ada", age: "3" } })).rejects.toMatchObject({
        status: 422,
        code: "unknown_parameter",
        param: "prompt.variables.age",
      });
      await expect(use({ version: "2", variables: { name: "Ada" } })).rejects.toMatchObject({
        status: 404,
        param: "prompt.version",
      });
    }
    expect(doors.backend.requests).toHaveLength(before);
  });

  test("belong to the response that follows another, too", async () => {
    const { id } = await create("Be short, {{name}}.");
    const first = await client.responses.create({
      model: "scripted",
      input: "Hello",
      prompt: { id, variables: { name: "Ada" } },
    });
    await call("DELETE", `/${id}`);
    await client.responses.create({ model: "scripted", input: "And?", previous_response_id: first.id });
    expect(
      messages()
        ?.map(({ role }) => role)
        .slice(-3),
    ).toEqual(["user", "assistant", "user"]);
    expect(await client.responses.retrieve(first.id)).toMatchObject({ prompt: { id } });
  });
});
