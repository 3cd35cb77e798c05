import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, hull, joined, type Range, without } from "./selection.ts";

function ids(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

const someIds = fc.uniqueArray(fc.nat(60)).map((list) => list.sort((a, b) => a - b));
const single = (id: number): Range => ({ first: id, last: id });

describe("ranges of chunk numbers", () => {
  test("hold what they were made of, with no two that touch", () => {
    fc.assert(
      fc.property(someIds, (list) => {
        const ranges = joined(list.map(single));
        expect(ids(ranges)).toEqual(list);
        for (const [index, range] of ranges.slice(1).entries()) {
          expect(range.first).toBeGreaterThan((ranges[index]?.last ?? 0) + 1);
        }
      }),
    );
  });

  test("contain just their numbers", () => {
    fc.assert(
      fc.property(someIds, fc.nat(60), (list, id) => {
        expect(contains(joined(list.map(single)), id)).toBe(list.includes(id));
      }),
    );
  });

  test("are what is left without others", () => {
    fc.assert(
      fc.property(someIds, (gaps) => {
        const left = without({ first: 0, last: 60 }, gaps.map(single));
        expect(ids(left)).toEqual(ids([{ first: 0, last: 60 }]).filter((id) => !gaps.includes(id)));
      }),
    );
  });

  test("have a hull", () => {
    expect(hull({ ranges: [single(3), single(9)] })).toEqual({ first: 3, last: 9 });
  });
});
