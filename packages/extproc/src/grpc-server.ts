import {
  createServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ExternalProcessor } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { toCallError } from "./grpc-status.ts";
import { type HealthState, routeHealth } from "./health.ts";
import { trackStream } from "./observer.ts";
import type { ProcessMethodOptions } from "./process-handler.ts";
import { isPlainProcessCall, serveProcess } from "./process-method.ts";

/**
 * The HTTP/2 server of the port, not listening yet. `Process` without compression is served by `serveProcess`, and
 * everything else by connect-node. `generalOnly` leaves `Process` to connect-node too.
 */
export function createGrpcServer(
  health: HealthState,
  options: ProcessMethodOptions,
  generalOnly: boolean,
): Http2Server {
  const server = createServer({
    // Envoy resets each stream that got an immediate answer. By default Node takes more than 1,000 resets, then 33
    // a second, for an attack and closes the connection with all that runs on it. Both options must be set.
    streamResetBurst: 1_000_000,
    streamResetRate: 1_000_000,
    // In MB, for one connection. Envoy brings all exchanges over one, and Node's 10 MB are soon used by uploads.
    maxSessionMemory: 4096,
  });
  const general = createGeneralHandler(health, options);

  server.on("connection", (socket) => socket.setNoDelay(true));
  server.on(
    "stream",
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      if (!generalOnly && isPlainProcessCall(headers)) {
        serveProcess(stream, headers, options);
        return;
      }
      const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
      general(request, new Http2ServerResponse(stream));
    },
  );
  return server;
}

/** The complete gRPC server, for whatever is not the one hot case. */
function createGeneralHandler(health: HealthState, options: ProcessMethodOptions) {
  const { handler, maxMessageBytes, observer } = options;
  return connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    readMaxBytes: maxMessageBytes,
    routes(router) {
      routeHealth(router, health);
      router.service(ExternalProcessor, {
        async *process(messages, context) {
          const outcome = trackStream(observer);
          try {
            for await (const response of handler(messages, context.signal)) {
              outcome.sent(response);
              yield response;
            }
            if (!context.signal.aborted) outcome.ended();
          } catch (thrown) {
            const error = context.signal.aborted ? whyAborted(context.signal) : toCallError(thrown);
            outcome.failed(error);
            throw error;
          } finally {
            // Without effect after the calls above: this is for a stream that is given up between two messages.
            outcome.failed(whyAborted(context.signal));
          }
        },
      });
    },
  });
}

/** Why connect-node has given a stream up. It does not tell a reset from a lost connection. */
function whyAborted({ reason }: AbortSignal): ConnectError {
  if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) return reason;
  return new ConnectError("the stream was cancelled", Code.Canceled);
}
