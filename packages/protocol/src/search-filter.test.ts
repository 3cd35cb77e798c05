import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import type { SearchFilter } from "./search-filter.ts";
import { validate } from "./validate.ts";
import { searchVectorStore } from "./vector-stores.ts";

const comparison = (value: string | number = 1): SearchFilter => ({ type: "eq", key: "year", value });
const anyOf = (values: number): SearchFilter => ({
  type: "in",
  key: "year",
  value: Array.from({ length: values }, (_, n) => n),
});
const all = (filters: SearchFilter[]): SearchFilter => ({ type: "and", filters });
const many = (count: number, of: SearchFilter): SearchFilter[] => Array.from({ length: count }, () => of);

function refusalOf(filters: unknown): Pick<ApiError, "status" | "param" | "message"> | undefined {
  try {
    validate(searchVectorStore, { query: "a", filters });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, param: error.param, message: error.message };
  }
}

describe("a filter", () => {
  test("is given as it came, nested as it may be", () => {
    const filters = all([comparison(), { type: "or", filters: [anyOf(3), all([comparison("a")])] }]);
    expect(validate(searchVectorStore, { query: "a", filters }).filters).toEqual(filters);
    expect(refusalOf(null)).toBeUndefined();
  });

  test("names the place of what is wrong in it", () => {
    expect(refusalOf(all([comparison(), { type: "eq", key: "", value: 1 }]))).toMatchObject({
      status: 422,
      param: "filters.filters[1].key",
    });
    for (const wrong of [1, "a", [], {}, { type: "and" }, { type: "and", filters: [] }, { type: "xor" }]) {
      expect(refusalOf(wrong)?.status).toBe(422);
    }
  });

  test("has at most 200 comparisons, wherever in it they are", () => {
    expect(refusalOf(all([all(many(100, comparison())), all(many(100, comparison()))]))).toBeUndefined();
    expect(
      refusalOf(all([comparison(), all(many(100, comparison())), all(many(100, comparison()))])),
    ).toEqual({
      status: 422,
      param: "filters",
      message: "Invalid 'filters': must not have more than 200 comparisons in all.",
    });
  });

  test("compares with at most 10,000 values in all", () => {
    expect(refusalOf(all(many(10, anyOf(1000))))).toBeUndefined();
    expect(refusalOf(all([comparison(), ...many(10, anyOf(1000))]))).toEqual({
      status: 422,
      param: "filters",
      message: "Invalid 'filters': must not compare with more than 10000 values in all.",
    });
  });
});
