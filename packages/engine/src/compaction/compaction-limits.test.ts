import { describe, expect, test } from "vitest";
import { toLimits, toThreshold } from "./compaction-limits.ts";

const at = (...thresholds: (number | null)[]) =>
  thresholds.map((compact_threshold) => ({ type: "compaction" as const, compact_threshold }));

describe("the threshold", () => {
  test.each([
    [undefined, 8000, undefined],
    [[], 8000, undefined],
    [at(5000), undefined, 5000],
    [at(5000), 8000, 5000],
    [at(null), 8000, 6400],
    [at(null), undefined, undefined],
    [at(9000, 5000), 8000, 5000],
    // It would be met only when the model's window is full.
    [at(200_000), 8000, 6400],
  ])("of %j with a window of %s is %s", (management, window, threshold) => {
    expect(toThreshold(management, window)).toBe(threshold);
  });
});

describe("the limits of a compaction", () => {
  test.each([
    [1000, 2048],
    [undefined, 2048],
    [1638, 2048],
    [100_000, 128_000],
  ])("leave room below a threshold of %s in a window of %s", (threshold, window) => {
    const { keep, summary, room } = toLimits(threshold, window);
    expect(keep + summary).toBeLessThan((threshold ?? window * 0.8) * 0.7);
    expect(room + 2 * summary).toBeLessThan(window);
    expect(room).toBeGreaterThan(summary / 4);
  });

  test("are generous where nothing is known", () => {
    expect(toLimits(undefined, undefined)).toEqual({
      keep: 20_000,
      users: 20_000,
      summary: 4_000,
      room: Number.POSITIVE_INFINITY,
    });
  });
});
