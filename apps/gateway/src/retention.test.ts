import type { RetentionLimits, RetentionSlice } from "@gateway/store";
import { waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startRetention } from "./retention.ts";
import { loadTestConfig } from "./testing/test-config.ts";

const hour = 3_600_000;
const slice: RetentionSlice = {
  ...{ responses: 0, eventLogs: 0, conversations: 0, idempotencyKeys: 0, rows: 0 },
  ...{ more: false, isTooLarge: false },
};

/** A sweeper over a store that gives these slices, the last one again and again, and clocks that the test sets. */
function start(retention: object, slices: (RetentionSlice | Error)[] = [slice]) {
  const seen: RetentionLimits[] = [];
  const logged: unknown[][] = [];
  const clocks = { wall: 100 * hour, even: 0 };
  const note = (...args: unknown[]) => void logged.push(args);
  const { store } = loadTestConfig({ store: { retention: { interval: "10ms", ...retention } } });
  const sweeper = startRetention(store.retention, {
    retention: {
      async sweep(limits) {
        const next = slices[Math.min(seen.length, slices.length - 1)];
        seen.push(limits);
        if (next instanceof Error) throw next;
        return next ?? slice;
      },
    },
    log: { info: note, warn: note } as never,
    clocks: { now: () => clocks.wall, passed: () => clocks.even },
  });
  onTestFinished(() => sweeper.close());
  /** Lets time pass, and shifts the time of day besides; gives the limits of a sweep that began after that. */
  async function pass(ms: number, shift = 0): Promise<RetentionLimits> {
    clocks.even += ms;
    clocks.wall += ms + shift;
    const before = seen.length;
    await waitFor(() => seen.length > before + 1, { what: "the next sweep" });
    return seen.at(-1) as RetentionLimits;
  }
  return { sweeper, seen, logged, pass };
}

test("without limits only idempotency keys go, after a day", async () => {
  const { pass } = start({});
  const limits = { responsesBefore: undefined, conversationsBefore: undefined, eventsBefore: undefined };
  const expected = { ...limits, maxBytes: undefined, idempotencyKeysBefore: 76 * 3600 };
  expect(await pass(0)).toEqual(expected);
});

test("ages become times, and what is not set has no limit", async () => {
  const { pass } = start({ responses: "1h", conversations: "2h", idempotency_keys: "3h" });
  expect(await pass(0)).toEqual({
    ...{ responsesBefore: 99 * 3600, conversationsBefore: 98 * 3600 },
    ...{ idempotencyKeysBefore: 97 * 3600, eventsBefore: undefined, maxBytes: undefined },
  });
  expect(await pass(60_000)).toMatchObject({ responsesBefore: 99 * 3600 + 60 });
});

test("a sweep goes on while there is more, then says what it has removed", async () => {
  const some = { ...slice, responses: 2, eventLogs: 1, conversations: 3, idempotencyKeys: 4, more: true };
  const { pass, logged } = start({ max_bytes: "1MiB" }, [some, some, { ...some, more: false }, slice]);
  await pass(0);
  await pass(0);
  expect(logged).toEqual([
    [
      { responses: 6, event_logs: 3, conversations: 9, idempotency_keys: 12 },
      "retention removed what was over",
    ],
  ]);
});

test("a store that fails is tried again, and one that stays too large is told of once", async () => {
  const large = { ...slice, isTooLarge: true };
  const { pass, logged } = start({ max_bytes: "1MiB" }, [new Error("disk full"), large, large, slice]);
  await waitFor(() => logged.length === 2, { what: "both warnings" });
  await pass(0);
  await pass(0);
  expect(logged).toEqual([
    [{ err: expect.any(Error) }, expect.stringContaining("tried again")],
    [expect.stringContaining("larger than store.retention.max_bytes")],
  ]);
});

test.for([24 * hour, -24 * hour])(
  "a clock that is set by %d ms removes nothing for its age",
  async (shift) => {
    const { pass, logged } = start({ responses: "1h", events: "1h", conversations: "1h", max_bytes: 1000 });
    const untimed = {
      ...{ responsesBefore: undefined, eventsBefore: undefined, conversationsBefore: undefined },
      ...{ idempotencyKeysBefore: undefined, maxBytes: 1000 },
    };
    expect(await pass(1000, shift)).toEqual(untimed);
    // It is put right after half an hour, which is a jump, too.
    expect(await pass(hour / 2, -shift)).toEqual(untimed);
    expect(await pass(hour - 1)).toEqual(untimed);
    expect(await pass(1)).toMatchObject({ responsesBefore: (100 * hour + 1000 + hour / 2) / 1000 });
    expect(logged).toEqual([[expect.stringContaining("the clock was set")]]);
  },
);

test("a clock that is slewed is trusted", async () => {
  const { pass, logged } = start({ responses: "1h" });
  for (let n = 0; n < 5; n++) expect((await pass(60_000, 30_000)).responsesBefore).toBeDefined();
  expect(logged).toEqual([]);
});

test("closing waits for the slice under way and begins no other", async () => {
  const { sweeper, seen } = start({ responses: "1h" }, [{ ...slice, more: true }]);
  await waitFor(() => seen.length > 2, { what: "some slices" });
  await sweeper.close();
  const { length } = seen;
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toHaveLength(length);
});
