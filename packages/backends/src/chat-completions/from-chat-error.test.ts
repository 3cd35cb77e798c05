import { describe, expect, test } from "vitest";
import { type ErrorAnswer, fromErrorAnswer, fromErrorChunk } from "./from-chat-error.ts";

const from = (answer: Partial<ErrorAnswer> & { status: number }, secret = "sk-secret") =>
  fromErrorAnswer({ headers: {}, body: "", ...answer }, { backend: "b", model: "m", secret });
const openai = (error: object) =>
  JSON.stringify({ error: { message: "msg", type: "t", param: null, code: null, ...error } });

describe("status", () => {
  test.each([
    [400, 400, null],
    [422, 400, null],
    [413, 400, null],
    [401, 500, "upstream_auth"],
    [403, 500, "upstream_auth"],
    [402, 429, "insufficient_quota"],
    [429, 429, "rate_limit_exceeded"],
    [404, 500, "upstream_misconfigured"],
    [408, 500, "upstream_timeout"],
    [504, 500, "upstream_timeout"],
    [500, 500, "upstream_error"],
    [503, 500, "upstream_error"],
    [307, 500, "upstream_misconfigured"],
  ])("%i becomes %i with code %s", (status, seen, code) => {
    const error = from({ status });
    const isFinal = ["upstream_auth", "upstream_misconfigured", "insufficient_quota"].includes(`${code}`);
    expect(error).toMatchObject({ status: seen, code, isFinal });
    expect(error.message).toMatch(/'b'/);
  });

  test("400 keeps the message and the code, and names the caller's own field", () => {
    expect(
      from({ status: 400, body: openai({ code: "invalid_value", param: "messages[2].content" }) }),
    ).toMatchObject({
      message: "msg",
      code: "invalid_value",
      param: "input",
      type: "invalid_request_error",
    });
    expect(from({ status: 400, body: openai({ param: "max_tokens" }) }).param).toBe("max_output_tokens");
    expect(from({ status: 400, body: openai({ param: "temperature" }) }).param).toBe("temperature");
    expect(from({ status: 400, body: openai({ param: "stream_options" }) }).param).toBeNull();
  });

  test("an integer code is none", () => {
    expect(from({ status: 400, body: openai({ code: 400 }) }).code).toBeNull();
  });

  test("a prompt that is too long is told in words, also where the server has none", () => {
    const error = from({ status: 400, body: openai({ message: "", code: "context_length_exceeded" }) });
    expect(error).toMatchObject({ status: 400, code: "context_length_exceeded", param: "input" });
    expect(error.message).toMatch(/context/);
  });

  test.each([
    ["tokens", "rate_limit_exceeded", "tokens", "rate_limit_exceeded"],
    ["requests", null, "requests", "rate_limit_exceeded"],
    ["rate_limit_error", "slow_down", "rate_limit_error", "slow_down"],
    ["insufficient_quota", null, "insufficient_quota", "insufficient_quota"],
    ["t", "insufficient_quota", "insufficient_quota", "insufficient_quota"],
    ["RateLimitError", "too_fast", "rate_limit_error", "too_fast"],
  ])("a limit of type %s and code %s is one of type %s and code %s", (type, code, seenType, seenCode) => {
    const error = from({ status: 429, body: openai({ type, code }) });
    expect(error).toMatchObject({ status: 429, type: seenType, code: seenCode });
  });

  test.each([
    [429, { type: "insufficient_quota", code: "billing_hard_limit_reached" }],
    [429, { code: "insufficient_quota" }],
    [402, { message: "Insufficient Balance", code: "invalid_request_error" }],
    [402, {}],
  ])("a quota that is used up is final: %i %j", (status, said) => {
    const headers = { "retry-after-ms": "10", "retry-after": "1", "x-ratelimit-remaining-requests": "0" };
    expect(from({ status, headers, body: openai(said) })).toMatchObject({
      status: 429,
      type: "insufficient_quota",
      code: (said as { code?: string }).code ?? "insufficient_quota",
      isFinal: true,
      retryAfter: undefined,
      headers: { "x-ratelimit-remaining-requests": "0" },
    });
    expect(from({ status: 429, headers, body: openai({ type: "requests" }) }).isFinal).toBe(false);
  });

  test("a server that says it is overloaded is a 503 with its code, and may say when to come back", () => {
    const body = openai({ type: "server_error", code: "server_is_overloaded" });
    expect(from({ status: 503, body, headers: { "retry-after": "3" } })).toMatchObject({
      message: "msg",
      status: 503,
      type: "server_error",
      code: "server_is_overloaded",
      retryAfter: 3,
    });
  });
});

describe("a model that is not there", () => {
  test.each([
    [
      "Ollama",
      '{"error":{"message":"model \\"m\\" not found, try pulling it first","type":"api_error","param":null,"code":null}}',
    ],
    [
      "vLLM",
      '{"error":{"message":"The model `m` does not exist.","type":"NotFoundError","param":"model","code":404}}',
    ],
    ["OpenAI", openai({ code: "model_not_found" })],
  ])("is a 404 that names it: %s", (_, body) => {
    expect(from({ status: 404, body })).toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      message: expect.stringContaining("'m'"),
    });
  });

  test("may come with status 400, too", () => {
    expect(from({ status: 400, body: openai({ code: "model_not_found" }) }).status).toBe(404);
  });

  test.each(['{"detail":"Not Found"}', "<html><head><title>404 Not Found</title></head></html>"])(
    "is something else than an address that is not there: %s",
    (body) => {
      expect(from({ status: 404, body })).toMatchObject({
        status: 500,
        code: "upstream_misconfigured",
        message: expect.stringContaining("/v1"),
      });
    },
  );
});

test.each([
  ["OpenAI", 400, openai({ code: "context_length_exceeded" })],
  [
    "vLLM",
    400,
    openai({
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
    }),
  ],
  [
    "vLLM, newer",
    400,
    openai({
      message:
        "This model's maximum context length is 2048 tokens. However, you requested 100 output tokens and your prompt contains at least 1949 input tokens, for a total of at least 2049 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=1949)",
      type: "BadRequestError",
      param: "input_tokens",
      code: 400,
    }),
  ],
  [
    "vLLM's engine",
    400,
    openai({
      message: "The decoder prompt (length 8357) is longer than the maximum model length of 8192.",
      code: 400,
    }),
  ],
  [
    "Gemini",
    400,
    openai({
      message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    }),
  ],
  [
    "llama.cpp",
    400,
    openai({
      message: "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it",
      type: "exceed_context_size_error",
    }),
  ],
  [
    "llama.cpp, older",
    500,
    openai({ message: "the request exceeds the available context size. try increasing it", code: 500 }),
  ],
  ["llama.cpp, in mid-answer", 500, openai({ message: "Context size has been exceeded." })],
  ["Ollama", 400, '{"error":"the input length exceeds the context length"}'],
  [
    "SGLang",
    400,
    '{"object":"error","message":"The input (9000 tokens) is longer than the model\'s context length (8192 tokens).","code":400}',
  ],
  [
    "TGI",
    422,
    '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000","error_type":"validation"}',
  ],
])("a prompt that is too long is told by its wording: %s", (_, status, body) => {
  expect(from({ status, body })).toMatchObject({
    status: 400,
    code: "context_length_exceeded",
    param: "input",
  });
});

test("a picture that the model cannot take is the request's fault, whatever the status", () => {
  const body = openai({
    message: "image input is not supported - hint: you may need to provide the mmproj",
    code: 500,
  });
  expect(from({ status: 500, body })).toMatchObject({ status: 400, param: "input", code: null });
});

describe("bodies", () => {
  test.each([
    ["OpenAI", openai({})],
    ["Ollama", '{"error":"msg"}'],
    ["FastAPI", '{"detail":"msg"}'],
    ["FastAPI, with places", '{"detail":[{"loc":["body","x"],"msg":"msg","type":"missing"}]}'],
    ["TGI", '{"message":"msg","error_type":"x"}'],
    ["Mistral", '{"object":"error","message":{"detail":[{"loc":["body"],"msg":"msg"}]},"type":"invalid"}'],
    ["Google", '[{"error":{"code":400,"message":"msg","status":"INVALID_ARGUMENT"}}]'],
    ["plain text", "msg"],
    ["HTML", "<!doctype html><html><title>msg</title><body>long</body></html>"],
  ])("the message is found: %s", (_, body) => {
    expect(from({ status: 400, body }).message).toMatch(/(^|: )msg$/);
  });

  test("a long message is cut", () => {
    expect(from({ status: 400, body: "x".repeat(5_000) }).message.length).toBeLessThan(1_100);
  });
});

describe("secrets", () => {
  test("a key that a backend quotes is not passed on", () => {
    const error = from({ status: 400, body: openai({ message: "Bad key sk-secret." }) });
    expect(error.message).toBe("Bad key ***.");
  });

  test("nor is one that stands in a code, a type or the name of a field", () => {
    const words = { code: "key sk-secret", type: "sk-secret", param: "sk-secret" };
    const error = from({ status: 400, body: openai({ message: "Bad key.", ...words }) });
    expect(JSON.stringify({ ...error })).not.toContain("sk-secret");
    expect(error.message).toBe("Bad key.");
  });

  test("what is too long for a code is none", () => {
    const error = from({ status: 400, body: openai({ message: "No.", code: "c".repeat(100_000) }) });
    expect(error.code?.length ?? 0).toBeLessThan(100);
  });

  test("what a backend says of its key stays in the log, without the key", () => {
    const error = from({ status: 401, body: openai({ message: "Incorrect API key provided: sk-secret" }) });
    expect(error.message).not.toContain("Incorrect");
    expect(String(error.cause)).toContain("Incorrect API key provided: ***");
  });

  test("the query of a redirect's address is not passed on", () => {
    const error = from({ status: 302, headers: { location: "https://x/login?token=abc" } });
    expect(`${error.message} ${String(error.cause)}`).not.toContain("abc");
  });
});

describe("when to come back", () => {
  const now = Date.now();
  test.each([
    [{ "retry-after": "7" }, 7],
    [{ "retry-after": "1.2" }, 2],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 1],
    [{ "retry-after": new Date(now - 5_000).toUTCString() }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "0x10" }, undefined],
    [{ "retry-after": "1e3" }, undefined],
    [{ "retry-after": "999999999" }, 86_400],
    [{ "retry-after": new Date(now + 9e9).toUTCString() }, 86_400],
    [{ "retry-after-ms": "", "retry-after": "9" }, 9],
    [{ "retry-after-ms": "1e300" }, undefined],
    [{ "retry-after-ms": "99999999999" }, 86_400],
    [{}, undefined],
  ])("%j is %s seconds", (headers, seconds) => {
    expect(from({ status: 429, headers }).retryAfter).toBe(seconds);
  });

  test("may be a date", () => {
    const headers = { "retry-after": new Date(now + 90_000).toUTCString() };
    const seconds = from({ status: 503, headers }).retryAfter ?? 0;
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThanOrEqual(90);
  });
});

describe("an error inside a stream", () => {
  const inStream = (error: unknown) =>
    fromErrorChunk({ error }, { backend: "b", model: "m", secret: "sk-secret" });

  test.each([
    ["rate_limit_exceeded", 429],
    ["insufficient_quota", 429],
    ["slow_down", 429],
    ["server_is_overloaded", 503],
    ["invalid_prompt", 400],
    ["invalid_image_url", 400],
    ["bio_policy", 400],
    ["server_error", 500],
    ["vector_store_timeout", 500],
  ])("keeps the code %s and has its status, %i", (code, status) => {
    expect(inStream({ message: "msg", code })).toMatchObject({ message: "msg", code, status });
  });

  test("is told in words where the server has none", () => {
    expect(inStream({ code: "server_is_overloaded" }).message).toMatch(/'b'.*overloaded/);
    expect(inStream({ code: "server_error" }).message).toMatch(/'b'/);
    expect(inStream({ code: "invalid_prompt" }).message).toMatch(/'b'/);
  });

  test("keeps the type of a limit, and what its message says of the wait", () => {
    const message = "Rate limit reached. Please try again in 1.2s";
    expect(inStream({ message, type: "tokens", code: "rate_limit_exceeded" })).toMatchObject({
      message,
      status: 429,
      type: "tokens",
      code: "rate_limit_exceeded",
    });
  });

  test.each([
    [{ code: 400 }, 400, null],
    [{ code: "400" }, 400, null],
    [{ code: 400, type: "BadRequestError" }, 400, null],
    [{ type: "invalid_request_error", code: "tool_use_failed" }, 400, "tool_use_failed"],
    [{ type: "requests" }, 429, "rate_limit_exceeded"],
    [{ type: "insufficient_quota" }, 429, "insufficient_quota"],
    [{ code: 429 }, 429, "rate_limit_exceeded"],
    [{ code: "context_length_exceeded" }, 400, "context_length_exceeded"],
    [{ code: "model_not_found" }, 404, "model_not_found"],
    [{ type: "invalid_request_error", code: "invalid_api_key" }, 500, "upstream_auth"],
    [{ code: 500, type: "server_error" }, 500, "upstream_error"],
    [{ code: "cuda_error" }, 500, "upstream_error"],
    [{}, 500, "upstream_error"],
  ])("%j has status %i and code %s", (error, status, code) => {
    expect(inStream({ message: "msg", ...error })).toMatchObject({ status, code });
  });

  test("names a status only where it has one", () => {
    expect(inStream({ message: "msg" }).message).toBe("The backend 'b' failed: msg");
    expect(inStream({ message: "msg", code: 500 }).message).toBe("The backend 'b' failed (status 500): msg");
  });
});

describe("headers that are passed on", () => {
  const limits = { "x-ratelimit-limit-requests": "60", "x-ratelimit-reset-tokens": "1s" };

  test.each([429, 400, 500])("are what a server says of its limits, with status %i", (status) => {
    const headers = { ...limits, "x-request-id": "theirs", server: "x" };
    expect(from({ status, headers }).headers).toEqual(limits);
  });

  test("are the wait in milliseconds, where there is a wait to tell of", () => {
    const headers = { "retry-after-ms": "1500" };
    expect(from({ status: 429, headers })).toMatchObject({ retryAfter: 2, headers });
    expect(from({ status: 400, headers }).headers).toBeUndefined();
    for (const none of ["soon", "", "1e300"])
      expect(from({ status: 429, headers: { "retry-after-ms": none } }).headers).toBeUndefined();
    for (const [said, told] of [
      ["1.5", "2"],
      ["99999999999999999999999", "86400000"],
    ])
      expect(from({ status: 429, headers: { "retry-after-ms": said } }).headers).toEqual({
        "retry-after-ms": told,
      });
  });
});
