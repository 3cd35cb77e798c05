import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { watchReceipt } from "./receive-deadline.ts";
import { isUpload } from "./upload-requests.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request of which `arrive` brings bytes; what is told about it is counted. */
function watched(mayBeLong: boolean, headers: Record<string, string> = { "content-length": "1000000" }) {
  const socket = new Socket();
  let bytesRead = 100;
  Object.defineProperty(socket, "bytesRead", { get: () => bytesRead });
  const incoming = new IncomingMessage(socket);
  Object.assign(incoming.headers, headers);
  const onLate = vi.fn();
  const end = watchReceipt(incoming, { timeout: 10_000, mayBeLong: () => mayBeLong }, onLate);
  const arrive = (bytes: number) => {
    bytesRead += bytes;
  };
  return { incoming, arrive, onLate, end };
}

describe("a request's body", () => {
  test("has the timeout to arrive, however steadily it comes", () => {
    const { arrive, onLate } = watched(false);
    arrive(1_000_000);
    vi.advanceTimersByTime(9_999);
    expect(onLate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onLate).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(100_000);
    expect(onLate).toHaveBeenCalledOnce();
  });

  test("may take longer where it may be long, while a KiB a second comes", () => {
    const { arrive, onLate } = watched(true);
    for (let i = 0; i < 10; i++) {
      arrive(10_240);
      vi.advanceTimersByTime(10_000);
    }
    expect(onLate).not.toHaveBeenCalled();
    arrive(10_239);
    vi.advanceTimersByTime(10_000);
    expect(onLate).toHaveBeenCalledOnce();
  });

  test("is not late while it is this server that does not read", () => {
    const { incoming, onLate } = watched(true);
    incoming.push("unread");
    vi.advanceTimersByTime(100_000);
    expect(onLate).not.toHaveBeenCalled();
    incoming.read();
    vi.advanceTimersByTime(10_000);
    expect(onLate).toHaveBeenCalledOnce();
  });

  test("is waited for no more once it is complete or the watch was ended", () => {
    const [complete, ended] = [watched(false), watched(true)];
    complete.incoming.complete = true;
    ended.end?.();
    vi.advanceTimersByTime(100_000);
    expect([complete.onLate, ended.onLate].map((late) => late.mock.calls.length)).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not waited for where there is none", () => {
    expect(watched(false, {}).end).toBeUndefined();
    expect(watched(false, { "transfer-encoding": "chunked" }).end).toBeDefined();
  });
});

test.for([
  ["POST", "/v1/files", true],
  ["POST", "/v1/files?x", true],
  ["POST", "/v1/uploads/upload_1/parts", true],
  ["GET", "/v1/files", false],
  ["POST", "/v1/files/x", false],
  ["POST", "/v1/uploads", false],
  ["POST", "/v1/responses?/v1/files", false],
] as const)("%s %s may be long: %s", ([method, url, long]) => {
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming, { method, url });
  expect(isUpload(incoming)).toBe(long);
});
