import { createHash } from "node:crypto";
import {
  contentChunk,
  errorAnswer,
  gate,
  hang,
  llamaCppError,
  roleChunk,
  text,
  toolCalls,
} from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";

const ask = { model: "scripted", input: "hi" };
const key = "sk-alice";
const hash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
const busy = (headers: Record<string, string>) =>
  errorAnswer(429, { message: "Slow down.", code: "rate_limit_exceeded" }, headers);

describe.for(doorNames)("calls by the official Node client through %s", (door) => {
  let doors: Doors;
  const clientWith = (options: ConstructorParameters<typeof OpenAI>[0] = {}) =>
    new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: key, maxRetries: 0, ...options });
  const failure = (promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
    promise.then(
      () => Promise.reject(new Error("it should have failed")),
      (error) => error,
    );

  beforeAll(async () => {
    doors = await startDoors({ auth: { keys: [{ id: "alice", hash }] } });
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  afterEach(() => vi.restoreAllMocks());

  test.for([{ stream: false as const }, { stream: true as const }])(
    "fail with the class, code and param that belong to the fault (stream: $stream)",
    async ({ stream }) => {
      const client = clientWith();
      const create = (body: object) => failure(client.responses.create({ ...ask, stream, ...body }));

      doors.backend.setDefault(llamaCppError(400, "the context is too long", "exceed_context_size_error"));
      const overflow = await create({});
      expect(overflow).toBeInstanceOf(OpenAI.BadRequestError);
      expect(overflow).toMatchObject({ status: 400, code: "context_length_exceeded", param: "input" });

      const invalid = await create({ temperature: 3 });
      expect(invalid).toBeInstanceOf(OpenAI.UnprocessableEntityError);
      expect(invalid).toMatchObject({
        status: 422,
        code: "decimal_above_max_value",
        param: "temperature",
        type: "invalid_request_error",
      });

      const missing = await create({ previous_response_id: "resp_none" });
      expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
      expect(missing).toMatchObject({ code: "previous_response_not_found", param: "previous_response_id" });

      doors.backend.setDefault(busy({ "retry-after": "7" }));
      const limited = await create({});
      expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
      expect(limited).toMatchObject({ code: "rate_limit_exceeded", type: "rate_limit_error", param: null });
      expect(limited.headers?.get("retry-after")).toBe("7");

      doors.backend.setDefault(errorAnswer(500, { message: "CUDA out of memory" }));
      const broken = await create({});
      expect(broken).toBeInstanceOf(OpenAI.InternalServerError);
      expect(broken).toMatchObject({ status: 500, code: "upstream_error", type: "server_error" });

      for (const error of [overflow, invalid, missing, limited, broken]) {
        expect(error.requestID).toBe(error.headers?.get("x-request-id"));
        expect(error.requestID).toMatch(/./);
        expect(error.message).toContain(String(error.status));
      }
    },
  );

  test("fail as AuthenticationError without a valid key", async () => {
    const error = await failure(clientWith({ apiKey: "sk-mallory" }).responses.create(ask));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key", param: null });
    expect(error.requestID).toMatch(/./);
  });

  test("are tried again after a 429, when it says so", async () => {
    const before = doors.backend.requests.length;
    doors.backend.enqueue(busy({ "retry-after": "0" }));
    doors.backend.enqueue(busy({ "retry-after": "1" }));
    doors.backend.setDefault(text("at last"));
    const waits = vi.spyOn(globalThis, "setTimeout");
    const response = await clientWith({ maxRetries: 2 }).responses.create(ask);
    expect(response.output_text).toBe("at last");
    expect(doors.backend.requests.length - before).toBe(3);
    // Its own choice would have been some odd number between 375 and 500, then 1000 milliseconds.
    const asked = waits.mock.calls.map(([, milliseconds]) => milliseconds);
    expect(asked.indexOf(0)).toBeGreaterThanOrEqual(0);
    expect(asked.lastIndexOf(1000)).toBeGreaterThan(asked.indexOf(0));
  });

  test("are tried again after a 500, streaming or not", async () => {
    for (const stream of [false, true]) {
      const before = doors.backend.requests.length;
      doors.backend.enqueue(errorAnswer(500));
      doors.backend.setDefault(text("at last"));
      await clientWith({ maxRetries: 1 }).responses.create({ ...ask, stream });
      expect(doors.backend.requests.length - before).toBe(2);
    }
  });

  test("are not tried again where it would not help", async () => {
    const before = doors.backend.requests.length;
    const client = clientWith({ maxRetries: 2 });
    doors.backend.setDefault(errorAnswer(429, { code: "insufficient_quota" }));
    expect(await failure(client.responses.create(ask))).toMatchObject({ code: "insufficient_quota" });
    doors.backend.setDefault(errorAnswer(400, { message: "bad image", code: "invalid_image" }));
    expect(await failure(client.responses.create(ask))).toMatchObject({ code: "invalid_image" });
    expect(doors.backend.requests.length - before).toBe(2);
  });

  test.for<[of: string, answer: ReturnType<typeof text>, fields: object, code: string, asked: number]>([
    [
      "a compulsory call that never comes",
      text("No."),
      { tool_choice: "required" },
      "tool_choice_not_honored",
      2,
    ],
    ["an unknown tool", toolCalls([{ name: "zzz", arguments: {} }]), {}, "unknown_tool_called", 2],
    [
      "a wrong input",
      toolCalls([{ name: "note", arguments: { input: "x" } }]),
      {},
      "custom_tool_input_invalid",
      2,
    ],
    ["a key that the backend refuses", errorAnswer(401), {}, "upstream_auth", 1],
    ["a wrong address", errorAnswer(404), {}, "upstream_misconfigured", 1],
  ])("are not tried again after %s: it would be the same", async ([, answer, fields, code, asked]) => {
    const before = doors.backend.requests.length;
    doors.backend.setDefault(answer);
    const client = clientWith({ maxRetries: 2 });
    const format = { type: "grammar", syntax: "regex", definition: "[0-9]+" } as const;
    const error = await failure(
      client.responses.create({ ...ask, tools: [{ type: "custom", name: "note", format }], ...fields }),
    );
    expect(error).toMatchObject({ status: 500, code });
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(doors.backend.requests.length - before).toBe(asked);
  });

  test("bring the request id with the answer, another one each time", async () => {
    doors.backend.setDefault(text("fine"));
    const client = clientWith();
    const first = await client.responses.create(ask);
    const { data, response, request_id } = await client.responses.retrieve(first.id).withResponse();
    expect(first._request_id).toMatch(/./);
    expect(request_id).toBe(response.headers.get("x-request-id"));
    expect(data).toMatchObject({ id: first.id, _request_id: request_id });
    expect(request_id).not.toBe(first._request_id);
    const models = await client.models.list().withResponse();
    expect(models.request_id).toMatch(/./);
  });

  test("bring the headers, before the answer has ended", async () => {
    const rest = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("one"), rest]);
    const abort = new AbortController();
    const { response, request_id, data } = await clientWith()
      .responses.create({ ...ask, stream: true }, { signal: abort.signal })
      .withResponse();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(request_id).toBe(response.headers.get("x-request-id"));
    expect(Number(response.headers.get("openai-processing-ms"))).toBeGreaterThanOrEqual(0);
    abort.abort();
    for await (const _ of data);
    rest.open();
  });

  test("that the caller gives up end the model's work", async () => {
    doors.backend.setDefault([hang()]);
    const abort = new AbortController();
    const before = doors.backend.requests.length;
    const call = failure(clientWith().responses.create(ask, { signal: abort.signal }));
    const asked = await doors.backend.waitForRequest(before + 1);
    abort.abort();
    expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError);
    await asked.whenAborted;
  });

  test("that take too long for the caller end the model's work", async () => {
    doors.backend.setDefault([hang()]);
    const before = doors.backend.requests.length;
    const error = await failure(clientWith({ timeout: 250 }).responses.create(ask));
    expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    const asked = await doors.backend.waitForRequest(before + 1);
    await asked.whenAborted;
  });

  test("that take too long for the gateway are an error of the server", async () => {
    doors.backend.setDefault([hang()]);
    const error = await failure(clientWith().responses.create(ask));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ code: "upstream_timeout" });
  });

  test("carry whatever else the client sends", async () => {
    doors.backend.setDefault(text("fine"));
    const client = clientWith({
      organization: "org-1",
      project: "proj-1",
      defaultHeaders: { "OpenAI-Beta": "responses=v1", "Idempotency-Key": "k1" },
      defaultQuery: { beta: "true" },
    });
    expect((await client.responses.create(ask)).output_text).toBe("fine");
    // Who the caller is stays with the gateway.
    const { headers } = doors.backend.requests.at(-1) ?? {};
    expect(
      Object.keys(headers ?? {}).filter((name) => /^(openai|x-stainless|authorization)/.test(name)),
    ).toEqual([]);
  });
});
