import { ApiError, encodeFrame, isTerminal, newId, type TerminalEvent } from "@gateway/protocol";
import type { AppDeps } from "../http/context.ts";
import { type CreateCall, openCreateCall, toHeaderList } from "../http/create-call.ts";
import { noteRequest } from "../http/observe.ts";
import { logFault } from "../http/render-error.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ConnectionMemory } from "./context-cache.ts";
import type { Peer } from "./peer.ts";
import { renderErrorFrame } from "./render-frames.ts";
import { type Steer, type Steering, type Successor, toInput } from "./steering.ts";
import { toTurnRequest } from "./turn-request.ts";

/** What the turns of one connection have in common. */
export interface TurnScope {
  tenant: string;
  /** Bound to the connection. */
  log: Logger;
  peer: Peer;
  memory: ConnectionMemory;
  steering: Steering;
  /** Breaks off the turns that run: each is called at most once. */
  stops: Set<() => void>;
  deps: Pick<AppDeps, "config" | "engine" | "metrics" | "admission">;
}

/** A request for a response: of the client's, or one that follows another by itself. */
export interface TurnOrder {
  /** The fields of the message, but its type and its lane. */
  body: Readonly<Record<string, unknown>>;
  /** Of one that follows by itself: the steering input that it has. */
  steers?: readonly Steer[];
}

/** The status of a request that was broken off before it had an answer, for the log. */
const clientClosedRequest = 499;

/**
 * Makes one response and tells of it: its events, or an error message where it did not come to a response. Logged,
 * measured and counted like a request over HTTP. Gives what is to follow by itself, if anything. Never rejects.
 */
export async function runTurn(
  order: TurnOrder,
  streamId: string | undefined,
  scope: TurnScope,
): Promise<Successor | undefined> {
  const { tenant, peer, memory, steering, stops, deps } = scope;
  const begin = performance.now();
  const requestId = newId("req");
  const log = scope.log.child({ request_id: requestId });
  const logFields: Record<string, unknown> = streamId === undefined ? {} : { stream_id: streamId };
  const headers: Record<string, string> = { "x-request-id": requestId };
  const { previous_response_id: previous } = order.body;
  const claimed = order.steers === undefined ? steering.claim(previous, streamId) : [];
  const steers = order.steers ?? claimed;
  const id = newId("resp");
  const steer = new AbortController();
  let abort: AbortController | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    abort?.abort();
  };
  stops.add(stop);
  let status = clientClosedRequest;
  let leave: (() => void) | undefined;
  let ended: TerminalEvent | undefined;
  let failed = false;
  try {
    leave = deps.admission.enter();
    const { body, warmUp, settings, unsteerable } = toTurnRequest(order.body, toInput(claimed));
    const door = { responseId: id, memory: memory.ofLane(streamId), warmUp, steered: steer.signal };
    const call = await openCreateCall(body, { tenant, log, logFields }, deps, door);
    abort = call.scope.abort;
    // Its client may have left while it was read.
    if (stopped) abort.abort();
    if (call.ignored.length > 0) headers["x-gateway-ignored"] = toHeaderList(call.ignored);
    ended = await tell(call, streamId, peer, () => {
      status = 200;
      steering.commit(steers);
      steering.begin({ id, streamId, settings, unsteerable, steer });
    });
    failed = ended?.type === "response.failed";
  } catch (thrown) {
    const error = ApiError.from(thrown);
    if (!stopped) {
      status = error.status;
      logFault(error, log);
    }
    failed = order.steers === undefined && !stopped;
    // Whoever has failed to go on from something is to send all again, for that may be the cause.
    const forgotten = failed && typeof previous === "string" && memory.forget(previous);
    const mayComeAgain = failed && !forgotten && isClients(error);
    if (mayComeAgain) steering.unclaim(previous, streamId, claimed);
    else steering.fail(steers, error.message, streamId);
    // What follows by itself was not asked for: its input is given back, and the client may go on as it likes.
    if (failed) peer.send(renderErrorFrame(error, streamId, headers));
  }
  stops.delete(stop);
  leave?.();
  if (failed && typeof previous === "string") memory.forget(previous);
  const facts = { method: "WEBSOCKET", route: "/v1/responses", status, begin };
  noteRequest({ log, metrics: deps.metrics }, facts, logFields);
  return steering.end(id, failed ? undefined : ended?.response);
}

/** Whether the client may mend a request that failed, and go on from the same response. */
function isClients({ status, code }: ApiError): boolean {
  return status < 500 && code !== "previous_response_not_found";
}

/**
 * Sends the events of a response as they come, and waits while its client lags behind. Gives the one that ends it;
 * undefined where it was broken off. `begin` is called before the first is sent. Throws what kept it from beginning.
 */
async function tell(
  { request, scope, run }: CreateCall,
  streamId: string | undefined,
  peer: Peer,
  begin: () => void,
): Promise<TerminalEvent | undefined> {
  const obfuscate = request.stream_options?.include_obfuscation !== false;
  let begun = false;
  let ended: TerminalEvent | undefined;
  let closing: string[] = [];
  for await (const events of run()) {
    if (!begun) begin();
    begun = true;
    const frames = events.map((event) => encodeFrame(event, obfuscate, streamId));
    const last = events.at(-1);
    if (last !== undefined && isTerminal(last)) {
      // Sent when nothing is left to do for the response: its client may go on from it at once, in any lane.
      [ended, closing] = [last, frames];
      continue;
    }
    peer.send(...frames);
    await peer.room();
    if (scope.abort.signal.aborted) break;
  }
  peer.send(...closing);
  return ended;
}
