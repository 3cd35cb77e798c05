import { contentChunk, errorAnswer, finishChunk, gate, roleChunk, text, waitFor } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { openSocket } from "./open-socket.ts";

describe.for(oneDoor)("messages through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => doors.backend.setDefault(text("Yes")));

  const create = (fields: object) => ({ type: "response.create", model: "scripted", input: "hi", ...fields });

  test.for([
    { name: "no JSON", sent: "{", status: 400, error: { code: null, param: null } },
    { name: "no object", sent: "[]", status: 422, error: { code: "invalid_type" } },
    {
      name: "nesting",
      sent: `{"type":"x","y":${"[".repeat(300)}${"]".repeat(300)}}`,
      status: 400,
      error: {},
    },
    { name: "no type", sent: {}, status: 422, error: { param: "type", code: "missing_required_parameter" } },
    {
      name: "a wrong type",
      sent: { type: "x" },
      status: 422,
      error: { param: "type", code: "invalid_value" },
    },
    { name: "an empty lane", sent: create({ stream_id: "" }), status: 422, error: { param: "stream_id" } },
    {
      name: "background",
      sent: create({ background: true, stream_id: "a" }),
      status: 422,
      error: { param: "background", code: "unsupported_value" },
    },
    {
      name: "stream: false",
      sent: create({ stream: false }),
      status: 422,
      error: { param: "stream", code: "unsupported_value" },
    },
    { name: "generate: 1", sent: create({ generate: 1 }), status: 422, error: { param: "generate" } },
    {
      name: "a body that is not valid",
      sent: create({ temperature: 9 }),
      status: 422,
      error: { param: "temperature", code: "decimal_above_max_value" },
    },
    {
      name: "an unknown model",
      sent: create({ model: "none" }),
      backend: errorAnswer(404, { code: "model_not_found" }),
      status: 404,
      error: { code: "model_not_found", param: "model" },
    },
    {
      name: "an unknown conversation",
      sent: create({ conversation: "conv_none" }),
      status: 404,
      error: { param: "conversation" },
    },
  ])("of $name get an error, and the connection stays", async ({ sent, backend, status, error }) => {
    await using client = await openSocket(doors.url(door));
    if (backend !== undefined) doors.backend.setDefault(backend);
    client.send(sent);
    const told = await client.first("error");
    expect(told).toMatchObject({
      type: "error",
      status,
      error: {
        type: "invalid_request_error",
        message: expect.stringMatching(/./),
        headers: { "x-request-id": expect.stringMatching(/^req_/) },
        ...error,
      },
    });
    const { "x-request-id": id } = (told.error as { headers: Record<string, string> }).headers;
    await waitFor(
      () =>
        doors.gateway
          .logs()
          .some((line) => line.request_id === id && line.msg === "request" && line.status === status),
      { what: "its line in the log" },
    );
    expect(told.stream_id).toBe((sent as { stream_id?: string }).stream_id || undefined);
    doors.backend.setDefault(text("Yes"));
    expect((await client.turn()).at(-1).type).toBe("response.completed");
  });

  test("that may carry what is the default over HTTP are taken", async () => {
    await using client = await openSocket(doors.url(door));
    client.create({ stream: true, background: false, generate: null, stream_id: null });
    await client.first("response.completed");
  });

  test("tell in their errors what over HTTP is said in headers", async () => {
    await using client = await openSocket(doors.url(door));
    doors.backend.setDefault(errorAnswer(429, { message: "Slow." }, { "retry-after": "7" }));
    const [told] = await client.turn({ no_such_field: 1 });
    expect(told).toMatchObject({
      status: 429,
      error: {
        headers: {
          "retry-after": "7",
          "x-request-id": expect.stringMatching(/^req_/),
          "x-gateway-ignored": "no_such_field",
        },
      },
    });
  });

  test("in binary are passed over", async () => {
    await using client = await openSocket(doors.url(door));
    client.send(Buffer.from(JSON.stringify(create({}))));
    expect((await client.turn({ metadata: { k: "v" } })).at(-1).response.metadata).toEqual({ k: "v" });
    expect(client.messages.filter(({ type }) => type === "response.created")).toHaveLength(1);
  });

  test("that are too large end the connection with 1009", async () => {
    await using client = await openSocket(doors.url(door));
    client.send(create({ input: "x".repeat(1024 * 1024) }));
    expect(await client.closed).toBe(1009);
  });

  test("are logged and measured like requests over HTTP", async () => {
    await using client = await openSocket(doors.url(door));
    const begun = (await doors.gateway.settledLogs()).length;
    await client.turn({ stream_id: "a" });
    await client.turn({ temperature: 9 });
    const lines = () => doors.gateway.logs().slice(begun);
    const requests = await waitFor(
      () => {
        const turns = lines().filter(({ msg, method }) => msg === "request" && method === "WEBSOCKET");
        return turns.length === 2 ? turns : undefined;
      },
      { what: "two lines" },
    );
    expect(requests).toMatchObject([
      {
        status: 200,
        route: "/v1/responses",
        model: "scripted",
        stream_id: "a",
        response_status: "completed",
      },
      { status: 422, route: "/v1/responses" },
    ]);
    expect(requests[0]).toMatchObject({ connection: expect.any(String), output_tokens: 1 });
    const processing = lines().find(({ msg }) => msg === "processing request");
    expect(processing?.request_id).toBe(requests[0]?.request_id);
    const metrics = await (await fetch(`${doors.gateway.http}/metrics`)).text();
    expect(metrics).toMatch(
      /http_requests_total\{method="WEBSOCKET",route="\/v1\/responses",status="422"\} \d/,
    );
  });
});

describe("turns and other requests", () => {
  test("share the places there are; an idle connection takes none", async () => {
    await using doors = await startDoors({ requests: { max_concurrent: 1, max_body: "1MiB" } });
    const pause = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("so"), pause, finishChunk("stop")]);
    await using one = await openSocket(doors.gateway.http);
    await using other = await openSocket(doors.gateway.http);
    one.create();
    await one.nth(1, ({ delta }) => delta === "so");
    const [told] = await other.turn();
    expect(told).toMatchObject({
      status: 503,
      error: { code: "server_is_overloaded", headers: { "retry-after": "1" } },
    });
    expect((await fetch(`${doors.gateway.http}/v1/models`)).status).toBe(503);
    pause.open();
    await one.first("response.completed");
    expect((await other.turn()).at(-1).type).toBe("response.completed");
  });
});
