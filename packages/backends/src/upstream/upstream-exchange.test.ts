import type { Dispatcher } from "undici";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UpstreamExchange } from "./upstream-exchange.ts";

const timeouts = { connect: 10, firstByte: 1_000, idle: 100, total: 5_000 };

/** An exchange whose network is played by the test. */
function openExchange(signal: AbortSignal = new AbortController().signal) {
  const exchange = new UpstreamExchange({
    backend: "b",
    timeouts,
    deadline: performance.now() + timeouts.total,
    signal,
  });
  exchange.answered.catch(() => {});
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    abort: vi.fn(),
    pause: vi.fn(),
    resume: vi.fn(),
  };
  const network = controller as unknown as Dispatcher.DispatchController;
  return {
    exchange,
    controller,
    start: () => exchange.onRequestStart(network),
    answer: (status = 200) => exchange.onResponseStart(network, status, { "x-a": "b" }),
    send: (bytes: string | Buffer) => exchange.onResponseData(network, Buffer.from(bytes)),
    end: () => exchange.onResponseEnd(),
    fail: (error: Error) => exchange.onResponseError(network, error),
  };
}

const error = (code: string) => Object.assign(new Error(`inside ${code}`), { code });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("bytes come out in the order in which they came in, read by read", async () => {
  const { exchange, start, answer, send, end } = openExchange();
  start();
  answer();
  await exchange.answered;
  expect(exchange).toMatchObject({ status: 200, headers: { "x-a": "b" } });
  send("one");
  send("two");
  end();
  const reads: string[] = [];
  for await (const bytes of exchange) reads.push(bytes.toString());
  expect(reads).toEqual(["one", "two"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("interim answers are passed over", async () => {
  const { exchange, start, answer } = openExchange();
  start();
  answer(103);
  expect(exchange.status).toBe(0);
  answer(200);
  await exchange.answered;
  expect(exchange.status).toBe(200);
});

describe("limits", () => {
  test("nothing within the first limit ends the call", async () => {
    const { exchange, start, controller } = openExchange();
    start();
    vi.advanceTimersByTime(1_000);
    await expect(exchange.answered).rejects.toMatchObject({
      code: "upstream_timeout",
      message: "The backend 'b' sent nothing for 1 s.",
    });
    expect(controller.abort).toHaveBeenCalledOnce();
  });

  test("headers alone do not end the wait for the first byte", async () => {
    const { exchange, start, answer } = openExchange();
    start();
    answer();
    vi.advanceTimersByTime(999);
    const read = exchange.next();
    vi.advanceTimersByTime(1);
    await expect(read).rejects.toMatchObject({ code: "upstream_timeout" });
  });

  test("silence behind the first byte ends the call; every byte begins the wait anew", async () => {
    const { exchange, start, answer, send } = openExchange();
    start();
    answer();
    for (let n = 0; n < 5; n++) {
      send("x");
      vi.advanceTimersByTime(99);
    }
    for (let n = 0; n < 5; n++) await expect(exchange.next()).resolves.toMatchObject({ done: false });
    vi.advanceTimersByTime(1);
    await expect(exchange.next()).rejects.toMatchObject({
      code: "upstream_timeout",
      message: "The backend 'b' fell silent for 0.1 s.",
    });
  });

  test("the call as a whole has an end", async () => {
    const { exchange, start, answer, send } = openExchange();
    start();
    answer();
    for (let n = 0; n < 100; n++) {
      send("x");
      vi.advanceTimersByTime(50);
    }
    const reads = Array.from({ length: 101 }, () => exchange.next());
    await expect(Promise.all(reads)).rejects.toMatchObject({
      message: "The backend 'b' was not done after 5 s.",
    });
  });

  test("a complete answer is waited for shortly", async () => {
    const { exchange, start, answer, send } = openExchange();
    start();
    answer();
    send("x");
    await exchange.next();
    exchange.expectEnd(20);
    const read = exchange.next();
    vi.advanceTimersByTime(20);
    await expect(read).rejects.toMatchObject({ code: "upstream_timeout" });
  });
});

describe("a slow reader", () => {
  test("makes the server pause, and does not count as its silence", async () => {
    const { exchange, start, answer, send, controller } = openExchange();
    start();
    answer();
    send(Buffer.alloc(200 * 1024));
    expect(controller.pause).not.toHaveBeenCalled();
    send(Buffer.alloc(100 * 1024));
    expect(controller.pause).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    expect(controller.abort).not.toHaveBeenCalled();
    await exchange.next();
    expect(controller.resume).not.toHaveBeenCalled();
    await exchange.next();
    expect(controller.resume).toHaveBeenCalledOnce();
    const read = exchange.next();
    vi.advanceTimersByTime(100);
    await expect(read).rejects.toMatchObject({ code: "upstream_timeout" });
  });
});

describe("ends", () => {
  test("a failure before the answer means that the server cannot be reached", async () => {
    const { exchange, fail } = openExchange();
    fail(error("ECONNREFUSED"));
    await expect(exchange.answered).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: "The backend 'b' cannot be reached (ECONNREFUSED).",
    });
  });

  test("a failure in the answer comes behind the bytes that were there", async () => {
    const { exchange, start, answer, send, fail } = openExchange();
    start();
    answer();
    send("x");
    fail(error("UND_ERR_SOCKET"));
    await expect(exchange.next()).resolves.toMatchObject({ done: false });
    await expect(exchange.next()).rejects.toMatchObject({ code: "upstream_cut" });
  });

  test("the caller's abort ends the call with the caller's reason, at once", async () => {
    const abort = new AbortController();
    const { exchange, start, answer, send, controller } = openExchange(abort.signal);
    start();
    answer();
    send("x");
    const reason = new Error("left");
    abort.abort(reason);
    expect(controller.abort).toHaveBeenCalledExactlyOnceWith(reason);
    await expect(exchange.next()).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a caller who leaves while the connection is being made never reaches the server", async () => {
    const abort = new AbortController();
    const { exchange, start, controller } = openExchange(abort.signal);
    abort.abort();
    await expect(exchange.answered).rejects.toBe(abort.signal.reason);
    start();
    expect(controller.abort).toHaveBeenCalledOnce();
  });

  test("return ends the call", async () => {
    const { exchange, start, answer, send, controller } = openExchange();
    start();
    answer();
    send("x");
    await exchange.return();
    expect(controller.abort).toHaveBeenCalledOnce();
    await expect(exchange.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("release keeps the connection while the rest is short", async () => {
    const { exchange, start, answer, send, end, controller } = openExchange();
    start();
    answer();
    send("x");
    exchange.release();
    send("rest");
    end();
    expect(controller.abort).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    await expect(exchange.next()).resolves.toMatchObject({ done: true });
  });

  test.each([
    ["is long", (send: (bytes: Buffer) => void) => send(Buffer.alloc(65 * 1024))],
    ["takes long", () => vi.advanceTimersByTime(1_000)],
  ])("release gives the connection up where the rest %s", (_, happen) => {
    const { exchange, start, answer, send, controller } = openExchange();
    start();
    answer();
    exchange.release();
    happen(send);
    expect(controller.abort).toHaveBeenCalledOnce();
  });

  test("text is read up to a limit, beyond which the call is ended", async () => {
    const { exchange, start, answer, send, controller } = openExchange();
    start();
    answer();
    send("abc");
    send("def");
    await expect(exchange.text(4)).resolves.toEqual({ text: "abcd", complete: false });
    expect(controller.abort).toHaveBeenCalledOnce();
  });
});
