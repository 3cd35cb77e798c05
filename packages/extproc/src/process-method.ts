import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { ProcessCall } from "./process-call.ts";
import type { ProcessMethodOptions } from "./process-handler.ts";

/** The method that this file serves. */
export const processPath = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

/**
 * Whether `serveProcess` can take a stream: `Process` over gRPC without compression, which is what Envoy speaks.
 * Anything else is for a complete gRPC server.
 */
export function isPlainProcessCall(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"];
  const encoding = headers["grpc-encoding"];
  return (
    headers[":path"] === processPath &&
    headers[":method"] === "POST" &&
    (type === "application/grpc" || type === "application/grpc+proto") &&
    (encoding === undefined || encoding === "identity")
  );
}

/**
 * Serves one stream of `Process` straight on HTTP/2. It is the one hot method of the port: a general server costs
 * several times the CPU of an exchange.
 */
export function serveProcess(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: ProcessMethodOptions,
): void {
  const call = new ProcessCall(stream, options);
  call.setDeadline(parseTimeout(headers["grpc-timeout"] as string | undefined));
  void call.run();
}

const unitMilliseconds: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The milliseconds of a `grpc-timeout` header; undefined when there is none or it cannot be read. */
export function parseTimeout(value: string | undefined): number | undefined {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(value ?? "") ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Number(amount) * (unitMilliseconds[unit] ?? 1);
}
