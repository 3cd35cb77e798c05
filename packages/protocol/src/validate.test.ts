import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createConversation, createItems, updateConversation } from "./conversations.ts";
import { ApiError } from "./errors.ts";
import { pageQuery } from "./paging.ts";
import { validate } from "./validate.ts";

/** The error a value meets. */
function errorOf(schema: z.ZodType, value: unknown): ApiError {
  try {
    validate(schema, value);
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("the value was accepted");
}

describe("validate", () => {
  test("gives back what the schema makes of the value", () => {
    expect(validate(z.object({ a: z.string().transform(Number) }), { a: "5", b: 1 })).toEqual({ a: 5 });
  });

  test("is a 422 with OpenAI's type, whatever is wrong", () => {
    const error = errorOf(z.string(), 5);
    expect(error).toMatchObject({
      status: 422,
      type: "invalid_request_error",
      param: null,
      code: "invalid_type",
    });
    expect(error.message).toBe("Invalid type for the request body: expected string, but got a number.");
  });

  test("renders paths of names and places as the API does", () => {
    const schema = z.object({ a: z.array(z.object({ b: z.array(z.number()) })) });
    expect(errorOf(schema, { a: [{ b: [] }, { b: [1, 2, "x"] }] }).param).toBe("a[1].b[2]");
    expect(errorOf(z.array(z.number()), ["x"]).param).toBe("[0]");
  });

  test("shows the fault of the union branch that got furthest", () => {
    const schema = z.object({
      a: z.union([z.string(), z.object({ b: z.object({ c: z.number() }) }), z.object({ d: z.number() })]),
    });
    expect(errorOf(schema, { a: { b: { c: "x" } } })).toMatchObject({ param: "a.b.c", code: "invalid_type" });
  });

  test("completes paths through unions within unions", () => {
    const inner = z.union([z.string(), z.array(z.object({ x: z.number() }))]);
    const schema = z.object({ a: z.union([z.boolean(), z.object({ b: inner })]) });
    expect(errorOf(schema, { a: { b: [{ x: 1 }, { x: "y" }] } }).param).toBe("a.b[1].x");
  });

  test("says that a field is missing, of whatever kind it is", () => {
    const kinds = {
      text: z.string(),
      word: z.enum(["a", "b"]),
      literal: z.literal("a"),
      list: z.array(z.string()),
      either: z.union([z.string(), z.number()]),
      flag: z.boolean(),
    };
    for (const [name, kind] of Object.entries(kinds)) {
      const error = errorOf(z.object({ [name]: kind }), {});
      expect(error, name).toMatchObject({ param: name, code: "missing_required_parameter" });
      expect(error.message).toBe(`Missing required parameter: '${name}'.`);
    }
  });

  test("names the words that would do, and the limits", () => {
    expect(errorOf(z.enum(["a", "b"]), "c").message).toContain("expected one of 'a', 'b'");
    expect(errorOf(z.string().max(3), "four").message).toContain("expected at most 3 characters");
    expect(errorOf(z.array(z.string()).max(1), ["a", "b"]).message).toContain("expected at most 1 element.");
    expect(errorOf(z.array(z.string()).min(2), ["a"]).message).toContain("expected at least 2 elements.");
    expect(errorOf(z.string().min(1), "").message).toContain("expected at least 1 character.");
    expect(errorOf(z.number().min(2), 1).message).toContain("expected at least 2.");
    expect(errorOf(z.int(), 1.5).message).toContain("expected integer, but got a number");
    expect(errorOf(z.record(z.string(), z.string()), "x").message).toContain(
      "expected object, but got a string",
    );
  });

  test.each([
    ["kinds", z.union([z.string(), z.array(z.string())]), "string or array"],
    ["a word or a kind", z.union([z.enum(["auto", "none"]), z.looseObject({})]), "'auto', 'none' or object"],
    ["numbers, whole or not", z.union([z.int(), z.number(), z.null()]), "number or null"],
    ["unions within", z.union([z.string(), z.union([z.string(), z.array(z.int())])]), "string or array"],
    [
      "objects by type",
      z.union([z.string(), z.discriminatedUnion("type", [z.object({ type: z.literal("a") })])]),
      "string or object",
    ],
  ])("names all that a union would take: %s", (_name, schema, expected) => {
    const { message, code } = errorOf(z.object({ a: schema }), { a: true });
    expect(message).toBe(`Invalid type for 'a': expected ${expected}, but got a boolean.`);
    expect(code).toBe("invalid_type");
  });

  test("names the words that would do where a union failed on a word", () => {
    const schema = z.object({ a: z.union([z.enum(["auto", "none"]), z.looseObject({})]) });
    const { message, code } = errorOf(schema, { a: "soon" });
    expect(message).toBe("Invalid value for 'a': expected 'auto', 'none' or object, but got 'soon'.");
    expect(code).toBe("invalid_value");
  });

  test("names a key that does not belong there, in a sentence", () => {
    const schema = z.object({ a: z.strictObject({ b: z.string() }) });
    const one = errorOf(schema, { a: { b: "", wrong: 1 } });
    expect(one.message).toBe("Invalid 'a': unrecognized key 'wrong'.");
    expect(one).toMatchObject({ param: "a", code: "invalid_value" });
    const long = "k".repeat(100);
    expect(errorOf(schema, { a: { b: "", x: 1, [long]: 2 } }).message).toBe(
      `Invalid 'a': unrecognized keys 'x', '${"k".repeat(40)}…'.`,
    );
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, n]));
    expect(errorOf(schema, { a: { b: "", ...many } }).message).toBe(
      "Invalid 'a': unrecognized keys 'k0', 'k1', 'k2' and 97 more.",
    );
  });

  test("ends whatever it says with one full stop", () => {
    expect(errorOf(z.number().multipleOf(5), 7).message).toMatch(/[^.]\.$/);
    expect(
      errorOf(
        z.string().refine(() => false, "is wrong."),
        "x",
      ).message,
    ).toMatch(/is wrong\.$/);
  });

  test.each([
    [null, "null"],
    [[], "an array"],
    [{}, "an object"],
    [5, "a number"],
    [true, "a boolean"],
  ])("names %j as what it is", (value, name) => {
    expect(errorOf(z.string(), value).message).toContain(`but got ${name}.`);
  });
});

describe("bodies of the conversation routes", () => {
  const message = { role: "user", content: "hi" };

  test.each([
    ["an empty conversation", createConversation, {}],
    ["a conversation of nulls", createConversation, { items: null, metadata: null }],
    ["a conversation with 20 items", createConversation, { items: Array(20).fill(message) }],
    ["new metadata", updateConversation, { metadata: { a: "b" } }],
    ["metadata taken away", updateConversation, { metadata: null }],
    ["one item", createItems, { items: [message] }],
  ])("%s is accepted", (_name, schema, body) => {
    expect(() => validate(schema, body)).not.toThrow();
  });

  test.each([
    [
      "21 items at once",
      createConversation,
      { items: Array(21).fill(message) },
      "array_above_max_length",
      "items",
    ],
    ["an unknown item", createConversation, { items: [{ type: "x" }] }, "invalid_value", "items[0].type"],
    ["metadata of numbers", createConversation, { metadata: { a: 1 } }, "invalid_type", "metadata.a"],
    ["an update without metadata", updateConversation, {}, "missing_required_parameter", "metadata"],
    ["no items", createItems, {}, "missing_required_parameter", "items"],
    ["an empty list of items", createItems, { items: [] }, "array_below_min_length", "items"],
    ["21 new items", createItems, { items: Array(21).fill(message) }, "array_above_max_length", "items"],
  ])("%s is a 422", (_name, schema, body, code, param) => {
    expect(errorOf(schema, body)).toMatchObject({ status: 422, code, param });
  });
});

describe("the query of a list", () => {
  test("has the API's defaults", () => {
    expect(validate(pageQuery, {})).toEqual({ limit: 20, order: "desc" });
  });

  test("is read from text", () => {
    const query = { limit: "100", order: "asc", after: "x" };
    expect(validate(pageQuery, query)).toEqual({ limit: 100, order: "asc", after: "x" });
  });

  test.each([
    [{ limit: "0" }, "integer_below_min_value", "limit"],
    [{ limit: "101" }, "integer_above_max_value", "limit"],
    [{ limit: "ten" }, "invalid_type", "limit"],
    [{ limit: "1.5" }, "invalid_type", "limit"],
    [{ limit: "" }, "integer_below_min_value", "limit"],
    [{ order: "up" }, "invalid_value", "order"],
    [{ after: "" }, "string_below_min_length", "after"],
  ])("%j is a 422", (query, code, param) => {
    expect(errorOf(pageQuery, query)).toMatchObject({ status: 422, code, param });
  });
});
