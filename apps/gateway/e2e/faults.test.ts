import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  errorChunk,
  finishChunk,
  hang,
  json,
  llamaCppError,
  raw,
  roleChunk,
  type Script,
  startScriptedBackend,
  status,
  text,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "./doors.ts";

/** One bad exchange and what the client must see of it, whichever door it came in by. */
interface Fault {
  name: string;
  /** Path under the door; `/v1/responses` when left out. */
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON; bytes and text as they are. */
  body?: unknown;
  /** What the backend does, if it is asked at all. */
  backend?: Script;
  status: number;
  type?: string;
  code: string | null;
  param?: string | null;
  /** Seconds in Retry-After. */
  retryAfter?: string;
  message?: RegExp;
}

const ask = { model: "scripted", input: "hi" };
const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "1" };
const zeros = Buffer.alloc(3 * 1024 * 1024);
const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

const faults: Fault[] = [
  // What cannot be read.
  { name: "malformed JSON", body: '{"model": ', status: 400, code: null, message: /JSON/ },
  { name: "an empty body", body: "", status: 400, code: null, message: /empty/ },
  {
    name: "bytes that are not UTF-8",
    body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    status: 400,
    code: null,
  },
  {
    name: "nesting without end",
    body: `{"model":"m","input":${nested}}`,
    status: 400,
    code: null,
    message: /nested/,
  },
  {
    name: "another content type",
    body: "model=scripted",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 400,
    code: "unsupported_content_type",
  },
  {
    name: "an unknown content-encoding",
    body: "xx",
    headers: { "content-encoding": "lzma" },
    status: 400,
    code: "unsupported_content_encoding",
  },
  {
    name: "truncated gzip",
    body: gzipSync(JSON.stringify(ask)).subarray(0, 20),
    headers: { "content-encoding": "gzip" },
    status: 400,
    code: "invalid_content_encoding",
  },
  {
    name: "gzip that is not gzip",
    body: JSON.stringify(ask),
    headers: { "content-encoding": "gzip" },
    status: 400,
    code: "invalid_content_encoding",
  },
  {
    name: "brotli that is not brotli",
    body: "\u0001\u0002garbage",
    headers: { "content-encoding": "br" },
    status: 400,
    code: "invalid_content_encoding",
  },
  // Too large.
  {
    name: "a body over the limit",
    body: `{"model":"m","input":"${"x".repeat(1024 * 1024)}"}`,
    status: 413,
    code: "request_too_large",
  },
  {
    name: "a gzip bomb",
    body: gzipSync(zeros),
    headers: { "content-encoding": "gzip" },
    status: 413,
    code: "request_too_large",
  },
  {
    name: "a zstd bomb",
    body: zstdCompressSync(zeros),
    headers: { "content-encoding": "zstd" },
    status: 413,
    code: "request_too_large",
  },
  {
    name: "a brotli bomb",
    body: brotliCompressSync(zeros),
    headers: { "content-encoding": "br" },
    status: 413,
    code: "request_too_large",
  },
  {
    name: "a deflate bomb",
    body: deflateSync(zeros),
    headers: { "content-encoding": "deflate" },
    status: 413,
    code: "request_too_large",
  },
  // Read, but not valid.
  { name: "an array instead of an object", body: [], status: 422, code: "invalid_type", param: null },
  {
    name: "no model (S2-35)",
    body: { input: "hi" },
    status: 422,
    code: "missing_required_parameter",
    param: "model",
  },
  {
    name: "null for the model",
    body: { model: null, input: "hi" },
    status: 422,
    code: "missing_required_parameter",
    param: "model",
  },
  {
    name: "no input and no context",
    body: { model: "scripted" },
    status: 422,
    code: "missing_required_parameter",
    param: "input",
  },
  {
    name: "input of the wrong type",
    body: { ...ask, input: 5 },
    status: 422,
    code: "invalid_type",
    param: "input",
  },
  {
    name: "an unknown item type",
    body: { ...ask, input: [{ type: "hologram" }] },
    status: 422,
    code: "invalid_value",
    param: "input[0].type",
  },
  {
    name: "an unknown part type",
    body: { ...ask, input: [{ role: "user", content: [{ type: "smell" }] }] },
    status: 422,
    code: "invalid_value",
    param: "input[0].content[0].type",
  },
  {
    name: "temperature out of range",
    body: { ...ask, temperature: 3 },
    status: 422,
    code: "decimal_above_max_value",
    param: "temperature",
  },
  {
    name: "max_output_tokens too small",
    body: { ...ask, max_output_tokens: 1 },
    status: 422,
    code: "integer_below_min_value",
    param: "max_output_tokens",
  },
  {
    name: "both contexts",
    body: { ...ask, previous_response_id: "resp_1", conversation: "conv_1" },
    status: 422,
    code: "mutually_exclusive_parameters",
    param: "previous_response_id",
  },
  {
    name: "a tool of unknown type",
    body: { ...ask, tools: [{ type: "teleport" }] },
    status: 422,
    code: "invalid_value",
    param: "tools[0].type",
  },
  {
    name: "a hosted tool that is forced",
    body: { ...ask, tools: [{ type: "web_search" }], tool_choice: { type: "web_search" } },
    status: 422,
    code: "unsupported_value",
    param: "tools[0].type",
  },
  {
    name: "a tool choice that is not declared",
    body: { ...ask, tools: [{ type: "function", name: "f" }], tool_choice: { type: "function", name: "g" } },
    status: 422,
    code: "invalid_value",
    param: "tool_choice",
  },
  {
    name: "a call without output",
    body: { ...ask, input: [call] },
    status: 422,
    code: null,
    param: "input",
    message: /c1/,
  },
  {
    name: "an output without call",
    body: { ...ask, input: [output] },
    status: 422,
    code: null,
    param: "input",
    message: /c1/,
  },
  {
    name: "equal item ids",
    body: {
      ...ask,
      input: [
        { role: "user", content: "a", id: "msg_1" },
        { role: "user", content: "b", id: "msg_1" },
      ],
    },
    status: 422,
    code: "invalid_value",
    param: "input[1].id",
  },
  {
    name: "metadata that is too long",
    body: { ...ask, metadata: { k: "v".repeat(513) } },
    status: 422,
    code: "string_above_max_length",
    param: "metadata.k",
  },
  {
    name: "a background response that is not to be stored",
    body: { ...ask, background: true, store: false },
    status: 422,
    code: "unsupported_value",
    param: "background",
  },
  {
    name: "a file that cannot be shown to the model",
    body: {
      ...ask,
      input: [
        { role: "user", content: [{ type: "input_file", filename: "a.pdf", file_data: "JVBERi0xLjQ=" }] },
      ],
    },
    status: 422,
    code: "invalid_file",
    param: "input[0].content[0].file_data",
  },
  // Nothing of that name.
  {
    name: "an unknown previous response",
    body: { ...ask, previous_response_id: "resp_none" },
    status: 404,
    code: "previous_response_not_found",
    param: "previous_response_id",
  },
  {
    name: "an unknown conversation",
    body: { ...ask, conversation: "conv_none" },
    status: 404,
    code: null,
    param: "conversation",
  },
  {
    name: "an unknown item reference",
    body: { ...ask, input: [{ type: "item_reference", id: "msg_none" }] },
    status: 404,
    code: null,
    param: "input[0].id",
  },
  {
    name: "an unknown file id",
    body: { ...ask, input: [{ role: "user", content: [{ type: "input_image", file_id: "file-1" }] }] },
    status: 404,
    code: null,
    param: "input[0].content[0].file_id",
  },
  {
    name: "an unknown prompt",
    body: { ...ask, prompt: { id: "pmpt_1" } },
    status: 404,
    code: null,
    param: "prompt.id",
  },
  { name: "an unknown path", path: "/v1/nothing", body: {}, status: 404, code: null },
  {
    name: "an unknown response",
    path: "/v1/responses/resp_none",
    method: "GET",
    status: 404,
    code: null,
    message: /resp_none/,
  },
  {
    name: "deleting an unknown response",
    path: "/v1/responses/resp_none",
    method: "DELETE",
    status: 404,
    code: null,
  },
  {
    name: "a method that is not allowed",
    method: "PATCH",
    body: {},
    status: 405,
    code: "method_not_allowed",
  },
  {
    name: "GET on a path that only takes POST",
    path: "/v1/responses/compact",
    method: "GET",
    status: 405,
    code: "method_not_allowed",
  },
  // What the backend says or does.
  {
    name: "a backend's 400",
    body: ask,
    backend: errorAnswer(400, { message: "bad image", code: "invalid_image" }),
    status: 400,
    code: "invalid_image",
    message: /bad image/,
  },
  {
    name: "context overflow at llama.cpp",
    body: ask,
    backend: llamaCppError(
      400,
      "the request exceeds the available context size. try increasing the context size or enable context shift",
      "exceed_context_size_error",
    ),
    status: 400,
    code: "context_length_exceeded",
    param: "input",
  },
  {
    name: "a backend's 401",
    body: ask,
    backend: errorAnswer(401, { message: "bad key sk-secret" }),
    status: 500,
    type: "server_error",
    code: "upstream_auth",
  },
  {
    name: "a backend's 403",
    body: ask,
    backend: errorAnswer(403),
    status: 500,
    type: "server_error",
    code: "upstream_auth",
  },
  {
    name: "a model the backend does not have (S4-42)",
    body: { ...ask, model: "ghost" },
    backend: errorAnswer(404, { message: "model 'ghost' not found" }),
    status: 404,
    code: "model_not_found",
    param: "model",
    message: /ghost/,
  },
  {
    name: "a backend's 429",
    body: ask,
    backend: errorAnswer(429, { code: "rate_limit_exceeded" }, { "retry-after": "7" }),
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    retryAfter: "7",
  },
  {
    name: "a backend's 500",
    body: ask,
    backend: errorAnswer(500),
    status: 500,
    type: "server_error",
    code: "upstream_error",
  },
  {
    name: "a backend's 503 with a page",
    body: ask,
    backend: [status(503, { "content-type": "text/html" }), raw("<h1>busy</h1>")],
    status: 500,
    type: "server_error",
    code: "upstream_error",
  },
  {
    name: "a redirect",
    body: ask,
    backend: [status(302, { location: "http://169.254.169.254/" })],
    status: 500,
    type: "server_error",
    code: "upstream_misconfigured",
  },
  {
    name: "a backend that hangs",
    body: ask,
    backend: [hang()],
    status: 500,
    type: "server_error",
    code: "upstream_timeout",
  },
  {
    name: "a backend that hangs up before its status",
    body: ask,
    backend: [cut()],
    status: 500,
    type: "server_error",
    code: "upstream_unreachable",
  },
  {
    name: "a stream that is cut before the first token",
    body: ask,
    backend: [status(200, { "content-type": "text/event-stream" }), raw(": open\n\n"), cut()],
    status: 500,
    type: "server_error",
    code: "upstream_cut",
  },
  {
    name: "a stream that is cut after a token",
    body: ask,
    backend: [roleChunk(), contentChunk("Hel"), cut()],
    status: 500,
    type: "server_error",
    code: "upstream_cut",
  },
  {
    name: "a stream that just ends",
    body: ask,
    backend: [roleChunk(), contentChunk("Hel")],
    status: 500,
    type: "server_error",
    code: "upstream_cut",
  },
  {
    name: "a stream that falls silent",
    body: ask,
    backend: [roleChunk(), contentChunk("Hel"), hang()],
    status: 500,
    type: "server_error",
    code: "upstream_timeout",
  },
  {
    name: "an error in the stream",
    body: ask,
    backend: [roleChunk(), contentChunk("Hel"), errorChunk("out of memory")],
    status: 500,
    type: "server_error",
    code: "upstream_error",
    message: /out of memory/,
  },
  {
    name: "garbage in the stream",
    body: ask,
    backend: [roleChunk(), raw("data: {not json\n\n"), finishChunk("stop"), done()],
    status: 500,
    type: "server_error",
    code: "upstream_garbage",
  },
  {
    name: "an answer that is neither a stream nor JSON",
    body: ask,
    backend: [status(200, { "content-type": "text/plain" }), raw("hello")],
    status: 500,
    type: "server_error",
    code: "upstream_garbage",
  },
  {
    name: "JSON that is no completion",
    body: ask,
    backend: [json({ hello: 1 })],
    status: 500,
    type: "server_error",
    code: "upstream_garbage",
  },
  {
    name: "a required call that never comes",
    body: { ...ask, tools: [{ type: "function", name: "f" }], tool_choice: "required" },
    backend: text("No."),
    status: 500,
    type: "server_error",
    code: "tool_choice_not_honored",
  },
];

describe("a fault is told the same at every door", () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(faults)("$name", async (fault) => {
    if (fault.backend) doors.backend.setDefault(fault.backend);
    const bodies: unknown[] = [];
    for (const door of doorNames) {
      const response = await send(doors.url(door), fault);
      const body = (await response.json()) as { error: Record<string, unknown> };
      const { error } = body;
      bodies.push(body);
      expect({ door, status: response.status, code: error.code }).toEqual({
        door,
        status: fault.status,
        code: fault.code,
      });
      expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
      expect(error.type).toBe(fault.type ?? "invalid_request_error");
      if (fault.param !== undefined) expect(error.param).toBe(fault.param);
      if (fault.message) expect(error.message).toMatch(fault.message);
      expect(error.message).not.toContain("sk-secret");
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(response.headers.get("x-request-id")).toBeTruthy();
      if (fault.retryAfter) expect(response.headers.get("retry-after")).toBe(fault.retryAfter);
    }
    for (const body of bodies) expect(body).toEqual(bodies[0]);
  });

  test("a backend that is down is a 500 that names it", async () => {
    const gone = await startScriptedBackend();
    await gone.stop();
    await using own = await startDoors({ backends: { nowhere: { url: gone.url } } });
    for (const door of doorNames) {
      const response = await send(own.url(door), { name: "", body: ask, status: 500, code: null });
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      expect([response.status, error.code]).toEqual([500, "upstream_unreachable"]);
      expect(error.message).toContain("nowhere");
    }
  });
});

describe("an encoded body is read", () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
    doors.backend.setDefault(text("fine"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const plain = Buffer.from(JSON.stringify(ask));
  test.for([
    ["identity", plain],
    ["gzip", gzipSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["zstd", zstdCompressSync(plain)],
    ["deflate", deflateSync(plain)],
    ["deflate without its header", deflateRawSync(plain)],
  ] as const)("as %s (S2-16..20)", async ([encoding, body]) => {
    for (const door of doorNames) {
      const headers = { "content-encoding": encoding.split(" ")[0] ?? "" };
      const response = await send(doors.url(door), { name: "", headers, body, status: 200, code: null });
      expect([door, response.status]).toEqual([door, 200]);
      await response.body?.cancel();
    }
  });
});

function send(url: string, fault: Fault): Promise<Response> {
  const method = fault.method ?? "POST";
  const { body } = fault;
  const bare = typeof body === "string" || Buffer.isBuffer(body);
  return fetch(url + (fault.path ?? "/v1/responses"), {
    method,
    headers: { "content-type": "application/json", ...fault.headers },
    ...(body !== undefined && method !== "GET" && { body: bare ? (body as string) : JSON.stringify(body) }),
  });
}
