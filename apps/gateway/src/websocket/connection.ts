import { ApiError, badRequest, newId } from "@gateway/protocol";
import { noteRequest } from "../http/observe.ts";
import { ConnectionMemory, type ContextCache } from "./context-cache.ts";
import type { OpenedSocket } from "./handshake.ts";
import { Lane } from "./lane.ts";
import { queueIsFull, tooManyLanes, tooOld } from "./limit-errors.ts";
import { type CreateFrame, parseFrame } from "./parse-frame.ts";
import { Peer } from "./peer.ts";
import { renderErrorFrame, renderSteerFrame } from "./render-frames.ts";
import { runTurn, type TurnOrder, type TurnScope } from "./run-turn.ts";
import { Steering } from "./steering.ts";
import type { UnfinishedMessages } from "./unfinished-messages.ts";

/** What a connection is opened with. */
export interface ConnectionOptions extends Pick<TurnScope, "tenant" | "log" | "deps"> {
  cache: ContextCache;
  unfinished: UnfinishedMessages;
}

/** RFC 6455, section 7.4.1: the server goes away. Clients that reconnect by themselves do so on this one. */
const goingAway = 1001;

/**
 * One WebSocket (API reference, "WebSocket mode"). Lanes are worked on beside each other, and within a lane one request
 * after the other. When the client leaves, all that runs for it is broken off, as it is over HTTP.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #scope: TurnScope;
  readonly #lanes = new Map<string | undefined, Lane>();
  readonly #left = Promise.withResolvers<void>();
  readonly #old: NodeJS.Timeout;
  #waitingBytes = 0;
  #steerEvents = 0;
  #turns = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  /** What requests are told that come when the connection is to end. */
  #ending: ApiError | undefined;
  #ended: Promise<void> | undefined;

  constructor(opened: OpenedSocket, options: ConnectionOptions) {
    const { tenant, log, deps, cache, unfinished } = options;
    const { websocket, requests, timeout } = deps.config;
    this.#options = options;
    const peer = new Peer(opened, websocket.write_timeout);
    unfinished.watch({
      connection: opened.connection,
      isPaused: () => peer.isPaused,
      refuse(reason, atOnce) {
        log.warn({ reason }, "websocket cut");
        peer.cut(reason, atOnce);
      },
    });
    const memory = new ConnectionMemory(cache, websocket.memory);
    const steering = new Steering({
      maxSteers: websocket.max_steers,
      maxBytes: requests.max_body,
      tell: (event, streamId) => peer.send(renderSteerFrame(event, this.#steerEvents++, streamId)),
    });
    this.#scope = { tenant, log, deps, peer, memory, steering, stops: new Set() };
    this.#old = setTimeout(
      () => void this.end(tooOld(websocket.max_age), timeout.total, true),
      websocket.max_age,
    );
    this.#old.unref();
    const begin = performance.now();
    opened.socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    // Faults of the protocol and of the network close the connection; the code tells which it was.
    opened.socket.on("error", (error) => log.debug({ err: error }, "websocket"));
    opened.socket.once("close", (code) => {
      log.info(
        { code, turns: this.#turns, duration_ms: Math.round(performance.now() - begin) },
        "websocket closed",
      );
      this.#leave();
    });
  }

  /** Settles when the connection is closed and nothing runs for it any more. */
  async closed(): Promise<void> {
    await this.#left.promise;
    await this.#whenIdle();
  }

  /** Asks the client for a sign of life; see {@link Peer.ping}. */
  ping(): void {
    this.#scope.peer.ping();
  }

  /**
   * Ends the connection: what waits is refused with `reason`, what runs may end for up to `grace` milliseconds and is
   * broken off then, and the connection is closed; before that `reason` is told where `aloud`. Of several calls the first
   * gives the reason, and the shortest grace counts.
   */
  async end(reason: ApiError, grace: number, aloud: boolean): Promise<void> {
    const late = setTimeout(() => this.#stop(), grace);
    this.#ended ??= this.#end(reason, aloud);
    await this.#ended;
    clearTimeout(late);
  }

  /** Breaks off all that runs. */
  #stop(): void {
    for (const stop of this.#scope.stops) stop();
  }

  async #end(reason: ApiError, aloud: boolean): Promise<void> {
    this.#ending = reason;
    for (const lane of this.#lanes.values()) this.#dropWaiting(lane, reason);
    await Promise.race([this.#whenIdle(), this.#left.promise]);
    const { peer, steering } = this.#scope;
    steering.giveUp(reason.message);
    if (aloud) peer.send(renderErrorFrame(reason));
    peer.close(goingAway, reason.code ?? "");
    await this.closed();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { peer, steering } = this.#scope;
    peer.heard();
    // As the API has it.
    if (isBinary) return;
    let lane: string | undefined;
    try {
      const frame = parseFrame(data);
      if (frame.type === "response.steer") {
        steering.submit(frame, data.byteLength);
        return;
      }
      lane = frame.streamId;
      this.#queue(frame, data.byteLength);
    } catch (thrown) {
      this.#refuse(ApiError.from(thrown), lane);
    }
  }

  /** Tells of a message that did not come to a turn; logged and measured like any request. */
  #refuse(error: ApiError, lane: string | undefined): void {
    const requestId = newId("req");
    const { log, deps, peer } = this.#scope;
    const facts = {
      method: "WEBSOCKET",
      route: "/v1/responses",
      status: error.status,
      begin: performance.now(),
    };
    noteRequest({ log: log.child({ request_id: requestId }), metrics: deps.metrics }, facts, {});
    peer.send(renderErrorFrame(error, lane, { "x-request-id": requestId }));
  }

  /** Puts a request into its lane. Throws where there is no room, or no time left. */
  #queue({ streamId, body }: CreateFrame, bytes: number): void {
    const { websocket, requests } = this.#options.deps.config;
    if (this.#ending !== undefined) throw this.#ending;
    const working = this.#lanes.get(streamId);
    if (working === undefined) {
      if (this.#lanes.size >= websocket.max_lanes) throw tooManyLanes(websocket.max_lanes);
      const lane = new Lane(streamId);
      this.#lanes.set(streamId, lane);
      void this.#work(lane, { body });
      return;
    }
    if (working.length >= websocket.max_queued || this.#waitingBytes + bytes > requests.max_body)
      throw queueIsFull();
    this.#waitingBytes += bytes;
    working.add({ order: { body }, bytes });
  }

  /** Works on a lane until nothing waits in it. */
  async #work(lane: Lane, first: TurnOrder): Promise<void> {
    const { streamId } = lane;
    for (let order: TurnOrder | undefined = first; order !== undefined; ) {
      this.#turns++;
      const successor = await runTurn(order, streamId, this.#scope);
      if (successor !== undefined && this.#ending === undefined) {
        order = successor;
        continue;
      }
      if (successor !== undefined && this.#ending)
        this.#scope.steering.fail(successor.steers, this.#ending.message, streamId);
      const waiting = lane.next();
      this.#waitingBytes -= waiting?.bytes ?? 0;
      order = waiting?.order;
    }
    this.#lanes.delete(streamId);
    if (this.#lanes.size === 0) this.#idle?.resolve();
  }

  #leave(): void {
    clearTimeout(this.#old);
    this.#ending ??= badRequest("The client has left.");
    for (const lane of this.#lanes.values()) this.#dropWaiting(lane, this.#ending);
    this.#stop();
    this.#scope.memory.close();
    this.#left.resolve();
  }

  #dropWaiting(lane: Lane, reason: ApiError): void {
    for (let waiting = lane.next(); waiting !== undefined; waiting = lane.next()) {
      this.#waitingBytes -= waiting.bytes;
      this.#scope.peer.send(renderErrorFrame(reason, lane.streamId));
    }
  }

  async #whenIdle(): Promise<void> {
    if (this.#lanes.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
