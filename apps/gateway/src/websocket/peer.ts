import type { OpenedSocket } from "./handshake.ts";

/** Bytes that may wait to be written before their maker is asked to wait, and the client is not listened to any more. */
const waterMark = 1024 * 1024;

/** Time for a client that is cut to read why, in milliseconds. */
const lingering = 1_000;

/**
 * The client's end of a WebSocket as something to write to. While the client does not take what is sent, nothing more
 * is read from it and {@link Peer.room} does not settle; after `writeTimeout` milliseconds of that it is cut.
 */
export class Peer {
  readonly #socket: OpenedSocket["socket"];
  readonly #connection: OpenedSocket["connection"];
  readonly #writeTimeout: number;
  /** Set while the client lags behind. */
  #lag: { over: PromiseWithResolvers<void>; timer: NodeJS.Timeout } | undefined;
  /** Pings in a row that were not answered. */
  #unanswered = 0;

  constructor({ socket, connection }: OpenedSocket, writeTimeout: number) {
    this.#socket = socket;
    this.#connection = connection;
    this.#writeTimeout = writeTimeout;
    socket.on("pong", () => this.heard());
    socket.once("close", () => this.#caughtUp());
  }

  /** True until either side has begun to close. */
  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Sends texts, each a message, in as few writes as can be. What cannot be sent any more is dropped. */
  send(...texts: readonly string[]): void {
    if (!this.open || texts.length === 0) return;
    this.#connection.cork();
    for (const text of texts) this.#socket.send(text, this.#written);
    this.#connection.uncork();
    if (this.#lag === undefined && this.#socket.bufferedAmount > waterMark) {
      this.#socket.pause();
      const timer = setTimeout(() => this.#socket.terminate(), this.#writeTimeout);
      this.#lag = { over: Promise.withResolvers(), timer };
    }
  }

  /** Settles when the client has taken enough for more to be sent, or has left. Undefined where it has already. */
  room(): Promise<void> | undefined {
    return this.#lag?.over.promise;
  }

  /** The client has given a sign of life. */
  heard(): void {
    this.#unanswered = 0;
  }

  /**
   * Asks for a sign of life; a client that has left two such questions unanswered is cut. One that lags behind has not
   * even been asked: it has time until it is cut for that.
   */
  ping(): void {
    if (!this.open || this.#lag !== undefined) return;
    if (this.#unanswered >= 2) {
      this.#socket.terminate();
      return;
    }
    this.#unanswered++;
    this.#socket.ping();
  }

  /** Begins to close; see RFC 6455, section 7.4.1, for the codes. A reason has up to 123 bytes. */
  close(code: number, reason: string): void {
    // The client's own closing frame has to be read, whatever is before it.
    this.#socket.resume();
    this.#socket.close(code, reason);
  }

  /** True while nothing is read from the client, since it lags behind. */
  get isPaused(): boolean {
    return this.#lag !== undefined;
  }

  /**
   * Closes with 1008 (RFC 6455, section 7.4.1: a policy is broken), without reading anything more, and is done with it
   * shortly after, or `atOnce`. A reason has up to 123 bytes.
   */
  cut(reason: string, atOnce: boolean): void {
    this.#socket.close(1008, reason);
    this.#socket.pause();
    const timer = setTimeout(() => this.#socket.terminate(), atOnce ? 0 : lingering);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  readonly #written = (): void => {
    if (this.#lag === undefined) return;
    if (this.#socket.bufferedAmount <= waterMark) this.#caughtUp();
    else this.#lag.timer.refresh();
  };

  #caughtUp(): void {
    if (this.#lag === undefined) return;
    const { over, timer } = this.#lag;
    this.#lag = undefined;
    clearTimeout(timer);
    this.#socket.resume();
    over.resolve();
  }
}
