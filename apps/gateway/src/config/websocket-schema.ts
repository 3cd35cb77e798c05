import * as z from "zod";
import { duration, integer, size } from "./scalars.ts";

/** `websocket`: the connections of `GET /v1/responses`. */
export const websocketSchema = z.strictObject({
  max_connections: integer(0, 1_000_000)
    .prefault(5000)
    .describe(
      "Connections that are open at once. Above that the answer to a handshake is 503; 0 switches them off.",
    ),
  max_connections_per_tenant: integer(0, 1_000_000)
    .prefault(2000)
    .describe("Connections of one tenant that are open at once. Above that the answer is 429."),
  max_age: atLeast("100ms")
    .prefault("60m")
    .describe(
      "Age at which a connection is ended with the error `websocket_connection_limit_reached`. Turns that run then may end.",
    ),
  max_lanes: integer(1, 1000)
    .prefault(16)
    .describe(
      "Lanes (`stream_id`) of one connection that are at work at once. For more the error is `websocket_stream_limit_reached`.",
    ),
  max_queued: integer(0, 10_000)
    .prefault(16)
    .describe(
      "Requests that wait in one lane; all that wait on a connection are together no larger than `requests.max_body`.",
    ),
  max_steers: integer(1, 1000)
    .prefault(16)
    .describe("Steering inputs of one connection that are accepted and have not become a response yet."),
  memory: size()
    .prefault("32MiB")
    .describe(
      "Room for what each connection remembers so that responses with `store: false` can be continued on it: the last of each lane.",
    ),
  total_memory: size()
    .prefault("256MiB")
    .describe(
      "The same for all connections together. What was not used for longest is forgotten first; its client is told `previous_response_not_found` and sends all again.",
    ),
  receive_memory: size()
    .prefault("256MiB")
    .describe(
      "Room for messages that have begun to arrive and are not there in full, of all connections together; at least `requests.max_body`. When there is no more, the connection whose message began first is closed with 1008.",
    ),
  ping_interval: atLeast("10ms")
    .prefault("30s")
    .describe("Time between two pings. A client that leaves two unanswered is cut."),
  write_timeout: atLeast("10ms")
    .prefault("60s")
    .describe(
      "A client that takes nothing of what is sent to it for so long is cut. Until then its model is waited with.",
    ),
});

/** A duration that is not so short that it must be a mistake. */
function atLeast(least: string) {
  const ms = duration().decode(least);
  return duration().refine((value) => value >= ms, `expected at least ${least}`);
}
