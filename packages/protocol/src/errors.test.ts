import { describe, expect, test } from "vitest";
import {
  ApiError,
  badRequest,
  internal,
  notFound,
  toErrorBody,
  toResponseError,
  unprocessable,
} from "./errors.ts";

describe("the constructors of each tier (S2-10)", () => {
  test.each([
    [badRequest, 400, "invalid_request_error", null],
    [unprocessable, 422, "invalid_request_error", null],
    [notFound, 404, "invalid_request_error", null],
    [internal, 500, "server_error", "server_error"],
  ] as const)("%o", (make, status, type, code) => {
    const plain = make("Message.");
    expect(plain).toMatchObject({
      message: "Message.",
      status,
      type,
      code,
      param: null,
      retryAfter: undefined,
    });
    const cause = new Error("inside");
    const detailed = make("Message.", { code: "c", param: "p", retryAfter: 3, cause });
    expect(detailed).toMatchObject({ status, type, code: "c", param: "p", retryAfter: 3, cause });
  });
});

describe("anything thrown becomes an ApiError", () => {
  test("that is the error itself when it is one already", () => {
    const error = badRequest("Message.");
    expect(ApiError.from(error)).toBe(error);
  });

  test.each([
    ["an error", new Error("password=hunter2 at /srv/secret.ts")],
    [
      "a system error",
      Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:11434"), { code: "ECONNREFUSED" }),
    ],
    [
      "an error that poses as one of ours",
      Object.assign(new Error("hunter2"), { status: 401, type: "x", param: "p" }),
    ],
    ["text", "hunter2"],
    ["an object", { message: "hunter2", status: 400 }],
    ["nothing", undefined],
  ])("that tells the client nothing of %s", (_name, thrown) => {
    const error = ApiError.from(thrown);
    expect(toErrorBody(error)).toEqual({
      error: {
        message: "The server had an error while processing your request.",
        type: "server_error",
        param: null,
        code: "server_error",
      },
    });
    expect(error.status).toBe(500);
    expect(toResponseError(error)).toEqual({
      code: "server_error",
      message: "The server had an error while processing your request.",
    });
    if (thrown !== undefined) expect(error.cause).toBe(thrown);
  });
});

describe("an error on the wire", () => {
  const error = notFound("Gone.", { param: "id", code: "x", cause: new Error("inside"), retryAfter: 3 });

  test("has OpenAI's four keys and nothing else", () => {
    expect(toErrorBody(error)).toEqual({
      error: { message: "Gone.", type: "invalid_request_error", param: "id", code: "x" },
    });
    expect(Object.keys(toErrorBody(badRequest("No.")).error)).toEqual(["message", "type", "param", "code"]);
    expect(JSON.stringify(toErrorBody(badRequest("No.")))).toContain('"param":null,"code":null');
  });

  test("has a code inside a response even when it has none outside", () => {
    expect(toResponseError(error)).toEqual({ code: "x", message: "Gone." });
    expect(toResponseError(badRequest("No."))).toEqual({ code: "invalid_prompt", message: "No." });
    expect(toResponseError(internal("No.", { code: null }))).toEqual({
      code: "server_error",
      message: "No.",
    });
  });
});
