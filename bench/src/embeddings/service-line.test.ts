import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openServiceLine } from "./service-line.ts";

vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise((resolve) => globalThis.setTimeout(resolve, ms)),
}));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("requests are worked on one after another, each for as long as its texts take", async () => {
  const line = openServiceLine(10);
  const begin = performance.now();
  const at = (texts: number) => line.serve(texts, () => texts).then(() => performance.now() - begin);
  const times = Promise.all([at(3), at(1), at(2)]);
  await vi.advanceTimersByTimeAsync(100);
  expect(await times).toEqual([30, 40, 60]);
  expect(line.count).toEqual({ requests: 3, texts: 6, busyMs: 60 });
});

test("time without a request does not count as busy", async () => {
  const line = openServiceLine(10);
  const first = line.serve(1, () => "first");
  await vi.advanceTimersByTimeAsync(500);
  const second = line.serve(1, () => "second");
  await vi.advanceTimersByTimeAsync(500);
  expect([await first, await second]).toEqual(["first", "second"]);
  expect(line.count.busyMs).toBe(20);
});

test("an answer that cannot be made fails its own request only", async () => {
  const line = openServiceLine(0);
  const failed = line.serve(1, () => {
    throw new Error("no vectors");
  });
  const served = line.serve(1, () => "vectors");
  await expect(failed).rejects.toThrow("no vectors");
  expect(await served).toBe("vectors");
});
