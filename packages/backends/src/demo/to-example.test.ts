import { expect, test } from "vitest";
import { toExample } from "./to-example.ts";

test.each([
  [{}, "word"],
  [{ type: "string" }, "word"],
  [{ type: "string", enum: ["c", "f"] }, "c"],
  [{ const: 7 }, 7],
  [{ type: "number", default: 0 }, 0],
  [{ type: "string", examples: ["x"] }, "x"],
  [{ type: "string", format: "date" }, "2026-01-01"],
  [{ type: "string", minLength: 6 }, "word.."],
  [{ type: "string", maxLength: 2 }, "wo"],
  [{ type: "integer" }, 1],
  [{ type: "integer", minimum: 5 }, 5],
  [{ type: "integer", exclusiveMinimum: 5 }, 6],
  [{ type: "number", maximum: 0.5 }, 0.5],
  [{ type: "integer", minimum: 5, multipleOf: 10 }, 10],
  [{ type: "boolean" }, true],
  [{ type: "null" }, null],
  [{ type: ["null", "integer"] }, 1],
  [{ type: "array", items: { type: "boolean" } }, []],
  [{ type: "array", items: { type: "boolean" }, minItems: 2 }, [true, true]],
  [{ anyOf: [{ type: "null" }, { type: "boolean" }] }, true],
])("%j is met by %j", (schema, value) => {
  expect(toExample(schema, "word")).toEqual(value);
});

test("an object gets the keys it requires, and no others", () => {
  const schema = {
    type: "object",
    required: ["city", "days"],
    properties: { city: { type: "string" }, days: { type: "integer" }, unit: { enum: ["c"] } },
  };
  expect(toExample(schema, "Paris")).toEqual({ city: "Paris", days: 1 });
});

test("references within the schema are followed", () => {
  const schema = {
    type: "object",
    required: ["at"],
    properties: { at: { $ref: "#/$defs/place" } },
    $defs: { place: { type: "object", required: ["name"], properties: { name: { type: "string" } } } },
  };
  expect(toExample(schema, "Oslo")).toEqual({ at: { name: "Oslo" } });
});

test("a schema that refers to itself comes to an end", () => {
  const node = { type: "object", required: ["next"], properties: { next: { $ref: "#" } } };
  expect(JSON.stringify(toExample(node, "x")).length).toBeLessThan(500);
  expect(toExample({ $ref: "#" }, "x")).toBeNull();
  expect(toExample({ $ref: "https://example.com/schema" }, "x")).toBeNull();
});
