import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UnfinishedMessages } from "./unfinished-messages.ts";

const limits = { timeout: 1_000, bytes: 300 };

/** A text message of 100 bytes and its six before them, and its first `n` bytes. */
const message = Buffer.concat([Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100)]);
const begin = (n = 106) => message.subarray(0, n);

function open() {
  const unfinished = new UnfinishedMessages(limits);
  return () => {
    const connection = new PassThrough();
    const state = { paused: false, refused: [] as [string, boolean][] };
    unfinished.watch({
      connection,
      isPaused: () => state.paused,
      refuse: (...refusal) => state.refused.push(refusal),
    });
    const send = (...parts: Buffer[]) => void connection.emit("data", Buffer.concat(parts));
    return { state, send, close: () => void connection.emit("close") };
  };
}

describe("messages that are not there in full", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("are waited for so long, however busily their client is alive", () => {
    const { send, state } = open()();
    send(begin(10));
    vi.advanceTimersByTime(999);
    send(message.subarray(10, 11));
    expect(state.refused).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(state.refused).toEqual([["The message took too long to arrive.", false]]);
    vi.advanceTimersByTime(5_000);
    expect(state.refused).toHaveLength(1);
  });

  test("have each their own time, also where one begins in the bytes that end another", () => {
    const { send, state } = open()();
    send(begin(10));
    vi.advanceTimersByTime(600);
    send(message.subarray(10), begin(10));
    vi.advanceTimersByTime(600);
    send(message.subarray(10));
    vi.advanceTimersByTime(5_000);
    expect(state.refused).toEqual([]);
  });

  test("are not late while their client is not listened to", () => {
    const { send, state } = open()();
    send(begin(10));
    state.paused = true;
    vi.advanceTimersByTime(5_000);
    expect(state.refused).toEqual([]);
    state.paused = false;
    vi.advanceTimersByTime(1_000);
    expect(state.refused).toHaveLength(1);
  });

  test("make room for one another: the first that has begun goes", () => {
    const connect = open();
    const [a, b, c, d, e] = [connect(), connect(), connect(), connect(), connect()];
    for (const { send } of [a, b, c]) send(begin(90));
    b.send(message.subarray(90), begin(90));
    d.send(begin(40));
    expect([a, b, c, d].map(({ state }) => state.refused.length)).toEqual([1, 0, 0, 0]);
    // What was refused counts no more, and neither does what has come or whose client has left.
    a.send(message.subarray(90));
    c.close();
    d.send(message.subarray(40));
    e.send(begin(90));
    expect([a, b, c, d, e].map(({ state }) => state.refused.length)).toEqual([1, 0, 0, 0, 0]);
  });

  test("go at once where those that go hold too much already", () => {
    const connect = open();
    const senders = Array.from({ length: 7 }, connect);
    for (const { send } of senders) send(begin(105));
    const atOnce = senders.map(({ state }) => state.refused.map(([, now]) => now));
    expect(atOnce).toEqual([[false], [false], [true], [true], [true], [], []]);
    vi.advanceTimersByTime(limits.timeout);
  });

  test("may have more room than there is where there is but one", () => {
    const { send, state } = open()();
    const long = Buffer.concat([Buffer.from([0x81, 0xfe, 2, 0, 0, 0, 0, 0]), Buffer.alloc(500)]);
    send(long);
    expect(state.refused).toEqual([]);
  });
});
