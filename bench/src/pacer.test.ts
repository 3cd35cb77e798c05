import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openPacer } from "./pacer.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A stream that notes when it is ticked and is over after `count` ticks. */
function stream(count: number): { times: number[]; tick(): boolean } {
  const times: number[] = [];
  return { times, tick: () => times.push(performance.now()) === count };
}

test("each stream is ticked once a period, and the streams are spread over it", () => {
  const pacer = openPacer(10);
  const begin = performance.now();
  const streams = Array.from({ length: 20 }, () => stream(3));
  for (const one of streams) pacer.add(one);
  vi.advanceTimersByTime(35);
  for (const { times } of streams) {
    expect(times).toHaveLength(3);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBe(20);
  }
  const first = new Set(streams.map(({ times }) => (times[0] ?? 0) - begin));
  expect(first.size).toBe(10);
});

test("a stream that is over is let go, and no timer runs without streams", () => {
  const pacer = openPacer(5);
  pacer.add(stream(1));
  pacer.add(stream(2));
  expect(pacer.size).toBe(2);
  vi.advanceTimersByTime(6);
  expect(pacer.size).toBe(1);
  vi.advanceTimersByTime(6);
  expect(pacer.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a pacer that has rested takes new streams", () => {
  const pacer = openPacer(5);
  pacer.add(stream(1));
  vi.advanceTimersByTime(20);
  const late = stream(2);
  pacer.add(late);
  vi.advanceTimersByTime(12);
  expect(late.times).toHaveLength(2);
});
