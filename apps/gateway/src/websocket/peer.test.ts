import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { Peer } from "./peer.ts";

const writeTimeout = 1_000;
const much = "x".repeat(2 * 1024 * 1024);

/** A socket whose client takes what is sent when the test says so. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  paused = false;
  terminated = false;
  pings = 0;
  readonly #sent: { size: number; written: () => void }[] = [];
  send(text: string, written: () => void): void {
    this.bufferedAmount += text.length;
    this.#sent.push({ size: text.length, written });
  }
  take(count = this.#sent.length): void {
    for (const { size, written } of this.#sent.splice(0, count)) {
      this.bufferedAmount -= size;
      written();
    }
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  ping(): void {
    this.pings++;
  }
  terminate(): void {
    this.terminated = true;
    this.readyState = 3;
    this.emit("close");
  }
}

function open() {
  const socket = new SlowSocket();
  const connection = { cork() {}, uncork() {} } as Duplex;
  return { socket, peer: new Peer({ socket: socket as unknown as WebSocket, connection }, writeTimeout) };
}

describe("the client's end", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("has room until too much waits, and again when it has been taken", async () => {
    const { socket, peer } = open();
    peer.send("a", "b");
    expect(peer.room()).toBeUndefined();
    peer.send(much);
    const room = peer.room();
    expect(room).toBeInstanceOf(Promise);
    expect(socket.paused).toBe(true);
    socket.take();
    await room;
    expect(peer.room()).toBeUndefined();
    expect(socket.paused).toBe(false);
    vi.advanceTimersByTime(10 * writeTimeout);
    expect(socket.terminated).toBe(false);
  });

  test("is cut when it takes nothing for too long, and whoever waits for room goes on", async () => {
    const { socket, peer } = open();
    peer.send(much, much);
    const room = peer.room();
    vi.advanceTimersByTime(writeTimeout - 1);
    socket.take(1);
    vi.advanceTimersByTime(writeTimeout - 1);
    expect(socket.terminated).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.terminated).toBe(true);
    await room;
    expect(peer.open).toBe(false);
    peer.send("dropped");
    expect(socket.bufferedAmount).toBe(much.length);
  });

  test("is cut when it leaves two pings unanswered", () => {
    const { socket, peer } = open();
    peer.ping();
    peer.ping();
    socket.emit("pong");
    peer.ping();
    peer.ping();
    expect(socket.terminated).toBe(false);
    peer.ping();
    expect([socket.pings, socket.terminated]).toEqual([4, true]);
  });

  test("is not asked for a sign of life while it lags behind", () => {
    const { socket, peer } = open();
    peer.send(much);
    for (let n = 0; n < 5; n++) peer.ping();
    expect([socket.pings, socket.terminated]).toEqual([0, false]);
  });
});
