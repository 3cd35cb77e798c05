import { ApiError, badRequest, internal } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defaultRetry, type RetryPolicy, retryKindOf, withRetry } from "./retry.ts";

const unreachable = internal("no", { code: "upstream_unreachable" });
const broken = internal("no", { code: "upstream_error" });
const overloaded = new ApiError("no", { status: 503, type: "server_error", code: "server_is_overloaded" });
const limited = (retryAfter?: number) =>
  new ApiError("slow", {
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    retryAfter,
  });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs an attempt that fails with each error in turn, then succeeds; time passes by itself. */
async function run(
  errors: unknown[],
  policy: Partial<RetryPolicy> = {},
  signal = new AbortController().signal,
) {
  const attempt = vi.fn(async () => {
    if (errors.length > 0) throw errors.shift();
    return "answer";
  });
  const result = withRetry({ ...defaultRetry, ...policy }, signal, attempt).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  // Not all timers there are: libraries that other tests have loaded keep some going for ever.
  await vi.advanceTimersByTimeAsync(60_000);
  return { ...(await result), tries: attempt.mock.calls.length };
}

test.each([
  ["an unreachable server", unreachable],
  ["a failing server", broken],
  ["an overloaded server", overloaded],
  ["a limit", limited()],
  ["a limit that is soon over", limited(2)],
])("%s is asked again", async (_, error) => {
  expect(await run([error])).toEqual({ value: "answer", tries: 2 });
});

test.each([
  ["a request that is wrong", badRequest("no")],
  ["a slow server", internal("no", { code: "upstream_timeout" })],
  ["a wrong key", internal("no", { code: "upstream_auth" })],
  [
    "a used-up quota",
    new ApiError("no", {
      status: 429,
      type: "insufficient_quota",
      code: "billing_hard_limit",
      isFinal: true,
    }),
  ],
  ["a limit that lasts", limited(3)],
  ["a fault of our own", new Error("bug")],
])("%s is not asked again", async (_, error) => {
  expect(await run([error])).toEqual({ error, tries: 1 });
});

test("the number of attempts is that of all, and the last error is thrown", async () => {
  expect(await run([broken, unreachable, limited()], { attempts: 3 })).toMatchObject({
    error: { status: 429 },
    tries: 3,
  });
  expect(await run([broken], { attempts: 1 })).toEqual({ error: broken, tries: 1 });
});

test("only the kinds of the policy are tried again", async () => {
  expect(await run([broken], { on: ["connect"] })).toEqual({ error: broken, tries: 1 });
});

describe("a caller who leaves", () => {
  test("while it waits ends the wait", async () => {
    const abort = new AbortController();
    const result = withRetry(defaultRetry, abort.signal, async () => Promise.reject(limited(2)));
    const seen = expect(result).rejects.toBe("left");
    await vi.advanceTimersByTimeAsync(10);
    abort.abort("left");
    await seen;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("during an attempt gets the reason, whatever the attempt threw", async () => {
    const abort = new AbortController();
    const result = withRetry(defaultRetry, abort.signal, async () => {
      abort.abort("left");
      throw unreachable;
    });
    await expect(result).rejects.toBe("left");
  });
});

test("kinds are told from errors alone", () => {
  expect([unreachable, broken, limited(), badRequest("x"), "x"].map(retryKindOf)).toEqual([
    "connect",
    "5xx",
    "429",
    undefined,
    undefined,
  ]);
});
