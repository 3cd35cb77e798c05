import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PageQuery, pageOf, toListObject } from "./paging.ts";

const letters = ["a", "b", "c", "d", "e"].map((id) => ({ id }));

/** The ids on a page, and whether there are more. */
function page(query: Partial<PageQuery>): [string, boolean] | undefined {
  const found = pageOf(letters, { limit: 20, order: "asc", ...query });
  return found && [found.data.map(({ id }) => id).join(""), found.hasMore];
}

describe("a page of a list", () => {
  test("goes up or down", () => {
    expect(page({ order: "asc" })).toEqual(["abcde", false]);
    expect(page({ order: "desc" })).toEqual(["edcba", false]);
  });

  test("ends at the limit and says that there is more", () => {
    expect(page({ limit: 2 })).toEqual(["ab", true]);
    expect(page({ limit: 2, order: "desc" })).toEqual(["ed", true]);
    expect(page({ limit: 5 })).toEqual(["abcde", false]);
  });

  test("begins behind the cursor, in the order asked for", () => {
    expect(page({ after: "b", limit: 2 })).toEqual(["cd", true]);
    expect(page({ after: "c", limit: 2 })).toEqual(["de", false]);
    expect(page({ after: "b", limit: 2, order: "desc" })).toEqual(["a", false]);
    expect(page({ after: "e" })).toEqual(["", false]);
  });

  test("does not exist behind a cursor that is not in the list", () => {
    expect(page({ after: "x" })).toBeUndefined();
  });

  test("leaves the list as it is", () => {
    page({ order: "desc" });
    expect(letters.map(({ id }) => id).join("")).toBe("abcde");
  });

  test("is part of a walk that meets every element once", () => {
    const sizes = fc.integer({ min: 0, max: 30 });
    const orders = fc.constantFrom("asc" as const, "desc" as const);
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 7 }), orders, (size, limit, order) => {
        const items = Array.from({ length: size }, (_, index) => ({ id: `i${index}` }));
        const walked: { id: string }[] = [];
        let after: string | undefined;
        for (let more = true; more; ) {
          const found = pageOf(items, after === undefined ? { limit, order } : { limit, order, after });
          if (found === undefined) throw new Error("a cursor of the list itself was not found");
          walked.push(...found.data);
          more = found.hasMore;
          after = found.data.at(-1)?.id;
        }
        expect(walked).toEqual(order === "asc" ? items : items.toReversed());
      }),
    );
  });
});

describe("a list on the wire", () => {
  test("names its first and last element", () => {
    expect(toListObject({ data: letters, hasMore: true })).toEqual({
      object: "list",
      data: letters,
      first_id: "a",
      last_id: "e",
      has_more: true,
    });
  });

  test("has null ids when it is empty", () => {
    expect(toListObject({ data: [], hasMore: false })).toEqual({
      object: "list",
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });
});
