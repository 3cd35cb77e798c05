import { describe, expect, test } from "vitest";
import { toBits, toUnitBytes } from "./vector-bytes.ts";

function unit(...numbers: number[]): number[] {
  const bytes = toUnitBytes(Float32Array.from(numbers));
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, numbers.length)];
}

describe("a stored vector", () => {
  test("is one unit long", () => {
    expect(unit(3, 4)).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(unit(1e30, 1e30).map((value) => value.toFixed(4))).toEqual(["0.7071", "0.7071"]);
    expect(unit(1e-30, 0)).toEqual([1, 0]);
  });

  test("of zeros stays what it is", () => {
    expect(unit(0, 0)).toEqual([0, 0]);
  });

  test("is refused with a number that is not finite", () => {
    expect(() => unit(1, Number.NaN)).toThrow(/not finite/);
    expect(() => unit(Number.POSITIVE_INFINITY, 1)).toThrow(/not finite/);
  });

  test("has a bit for each number above zero", () => {
    expect([...toBits(Float32Array.of(1, -1, 0, 2, 0, 0, 0, -3, 5))]).toEqual([0b1001, 1]);
  });
});
