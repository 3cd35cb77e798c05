import { expect, test } from "vitest";
import * as z from "zod";
import { within } from "./integer.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { validate } from "./validate.ts";
import { createVectorStore } from "./vector-stores.ts";

const search = { type: "file_search", vector_store_ids: ["vs_1"] };
const screen = { type: "computer_use_preview", display_width: 1, display_height: 1, environment: "browser" };

test.each<[fields: object, param: string, code: string]>([
  [{ tools: [{ ...search, max_num_results: 51 }] }, "tools[0].max_num_results", "integer_above_max_value"],
  [{ tools: [{ ...search, max_num_results: 0 }] }, "tools[0].max_num_results", "integer_below_min_value"],
  [
    { tools: [{ type: "image_generation", partial_images: 4 }] },
    "tools[0].partial_images",
    "integer_above_max_value",
  ],
  [
    { tools: [{ type: "image_generation", partial_images: -1 }] },
    "tools[0].partial_images",
    "integer_below_min_value",
  ],
  [
    { context_management: [{ type: "compaction", compact_threshold: 5 }] },
    "context_management[0].compact_threshold",
    "integer_below_min_value",
  ],
  [{ tools: [{ ...screen, display_width: 1.5 }] }, "tools[0].display_width", "invalid_type"],
  [{ tools: [{ ...screen, display_height: -1 }] }, "tools[0].display_height", "integer_below_min_value"],
  [{ tools: [{ ...screen, environment: "amiga" }] }, "tools[0].environment", "invalid_value"],
  [
    { tools: [{ ...search, ranking_options: { score_threshold: 2 } }] },
    "tools[0].ranking_options.score_threshold",
    "decimal_above_max_value",
  ],
])("what is out of range says whether it is a whole number: %j", (fields, param, code) => {
  expect(() => parseCreateRequest({ model: "m", input: "hi", ...fields }, false)).toThrow(
    expect.objectContaining({ status: 422, param, code }),
  );
});

test("the bounds themselves are within", () => {
  const schema = z.int().check(within({ min: 1, max: 3 }));
  expect([1, 2, 3].map((value) => validate(schema, value))).toEqual([1, 2, 3]);
  expect(() => validate(schema, 0)).toThrow("Invalid the request body: expected at least 1.");
  expect(() => validate(z.int().check(within({ max: 3 })), 4)).toThrow("expected at most 3.");
});

test("a bound on another route's body says so, too", () => {
  const expires_after = { anchor: "last_active_at", days: 0 };
  expect(() => validate(createVectorStore, { expires_after })).toThrow(
    expect.objectContaining({ param: "expires_after.days", code: "integer_below_min_value" }),
  );
});

test("a text of a query that is no number is not called one", () => {
  expect(() => validate(z.looseObject({ after: z.coerce.number().int() }), { after: "abc" })).toThrow(
    "Invalid type for 'after': expected number, but got something else.",
  );
});
