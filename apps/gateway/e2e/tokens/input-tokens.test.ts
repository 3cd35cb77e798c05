import { json } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { playCountingModel, words } from "./counting-model.ts";

describe.for(oneDoor)("a count of tokens through %s", (door) => {
  let doors: Doors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startDoors({ default_model: "scripted" });
    playCountingModel(doors.backend, { window: 200 });
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const model = "scripted";
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${doors.url(door)}/v1/responses/input_tokens`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  test("is the server's own, by the official client, and says so", async () => {
    const { data, response } = await client.responses.inputTokens
      .count({ model, input: "one two three", instructions: "Be kind" })
      .withResponse();
    expect(data).toEqual({ object: "response.input_tokens", input_tokens: 4 + 3 });
    expect(response.headers.get("x-gateway-token-count")).toBe("exact");
    expect(response.headers.get("x-gateway-ignored")).toBeNull();
    expect(response.headers.get("x-request-id")).toBeTruthy();
  });

  test("has the chain in it, and leaves nothing behind", async () => {
    const first = await client.responses.create({ model, input: "one two" });
    const asked = doors.backend.requests.length;
    const { input_tokens } = await client.responses.inputTokens.count({
      model,
      previous_response_id: first.id,
      input: "three",
    });
    // Two words and one of the answer, the new one, and a token for each message.
    expect(input_tokens).toBe(2 + 1 + 1 + 3);
    expect(doors.backend.requests).toHaveLength(asked);
    expect((await client.responses.inputItems.list(first.id)).data).toHaveLength(1);
  });

  test("has a conversation in it that is held, and does not write to it", async () => {
    const conversation = await client.conversations.create({
      items: [{ type: "message", role: "user", content: "one two" }],
    });
    const { input_tokens } = await client.responses.inputTokens.count({
      model,
      conversation: { id: conversation.id },
      input: "three",
    });
    expect(input_tokens).toBe(2 + 1 + 2);
    expect((await client.conversations.items.list(conversation.id)).data).toHaveLength(1);
  });

  test("has files in it as the model would be shown them", async () => {
    const file = await client.files.create({
      file: new File([words(20)], "a.txt", { type: "text/plain" }),
      purpose: "user_data",
    });
    const { input_tokens } = await client.responses.inputTokens.count({
      model,
      input: [{ role: "user", content: [{ type: "input_file", file_id: file.id }] }],
    });
    expect(input_tokens).toBeGreaterThanOrEqual(21);
  });

  test("is of what truncation leaves", async () => {
    const input = Array.from({ length: 20 }, () => ({ role: "user" as const, content: words(19) }));
    const whole = await client.responses.inputTokens.count({ model, input });
    const left = await client.responses.inputTokens.count({ model, input, truncation: "auto" });
    expect([whole.input_tokens, left.input_tokens]).toEqual([400, 160]);
  });

  test("needs no model where a default one is configured", async () => {
    expect((await client.responses.inputTokens.count({ input: "one" })).input_tokens).toBe(2);
    expect(await (await post({ model: null, input: "one" })).json()).toMatchObject({ input_tokens: 2 });
  });

  test("names what has no part in it", async () => {
    const response = await post({ input: "one", personality: "friendly", stream: true, made_up: 1 });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-ignored")?.split(", ").sort()).toEqual([
      "made_up",
      "personality",
      "stream",
    ]);
  });

  test("needs nothing but the model: what instructions alone come to, and nothing at all", async () => {
    const count = async (body: object) => (await post({ model, ...body })).json();
    expect(await count({ instructions: "Be kind" })).toMatchObject({ input_tokens: 3 });
    expect(await count({})).toMatchObject({ input_tokens: expect.any(Number) });
  });

  test("lets web pages read how it was made", async () => {
    const response = await post({ input: "one" }, { origin: "http://localhost:3000" });
    expect(response.headers.get("access-control-expose-headers")).toContain("x-gateway-token-count");
  });

  test.for([
    ["a wrong input", { model, input: [{ type: "nothing" }] }, 422, "input[0].type", "invalid_value"],
    [
      "an output without a call",
      { model, input: [{ type: "function_call_output", call_id: "c", output: "x" }] },
      422,
      "input",
      null,
    ],
    [
      "an unknown response",
      { model, input: "x", previous_response_id: "resp_0" },
      404,
      "previous_response_id",
      "previous_response_not_found",
    ],
    ["an unknown conversation", { model, input: "x", conversation: "conv_0" }, 404, "conversation", null],
    [
      "an unknown file",
      { model, input: [{ role: "user", content: [{ type: "input_file", file_id: "file-0" }] }] },
      404,
      "input[0].content[0].file_id",
      null,
    ],
  ] as const)("is refused as a create request would be: %s", async ([, body, status, param, code]) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: "invalid_request_error", param, code },
    });
    const created = await fetch(`${doors.url(door)}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(created.status).toBe(status);
  });

  test("is a POST", async () => {
    const response = await fetch(`${doors.url(door)}/v1/responses/input_tokens`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  });
});

describe("a count of tokens", () => {
  test("is an estimate, and says so, where the server does not count", async () => {
    await using doors = await startDoors();
    const client = new OpenAI({ baseURL: `${doors.gateway.http}/v1`, apiKey: "none", maxRetries: 0 });
    const { data, response } = await client.responses.inputTokens
      .count({ model: "scripted", input: "Hello, world!" })
      .withResponse();
    expect(data.input_tokens).toBe(4 + 4 + 3);
    expect(response.headers.get("x-gateway-token-count")).toBe("estimate");
    expect(doors.backend.requests).toEqual([]);
  });

  test("without a model and without a default one is refused", async () => {
    await using doors = await startDoors();
    const client = new OpenAI({ baseURL: `${doors.gateway.http}/v1`, apiKey: "none", maxRetries: 0 });
    await expect(client.responses.inputTokens.count({ input: "x" })).rejects.toMatchObject({
      status: 422,
      param: "model",
    });
  });

  test("of a server that has no word to say is there all the same, and soon", async () => {
    await using doors = await startDoors();
    doors.backend.byPath("/tokenize", json({ count: 1 }));
    const { url } = doors.backend;
    await doors.backend.stop();
    const client = new OpenAI({ baseURL: `${doors.gateway.http}/v1`, apiKey: "none", maxRetries: 0 });
    const { response } = await client.responses.inputTokens
      .count({ model: "scripted", input: `Who is at ${url}?` })
      .withResponse();
    expect(response.headers.get("x-gateway-token-count")).toBe("estimate");
  });
});
