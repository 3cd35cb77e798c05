import { get } from "node:http";
import { Client, credentials, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";

/** What a health check found: `status` is one word or a short sentence for people. */
export interface Health {
  serving: boolean;
  status: string;
}

/** HealthCheckResponse.ServingStatus of grpc.health.v1. */
const servingStatus = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/**
 * Asks `grpc.health.v1.Health/Check` at "host:port", without TLS. Never throws: an unreachable server is a status.
 *
 * @param service the name to ask about; "" is the server as a whole
 * @param timeout milliseconds
 */
export async function askGrpcHealth(target: string, service: string, timeout: number): Promise<Health> {
  const client = new Client(target, credentials.createInsecure());
  try {
    const code = await new Promise<number>((resolve, reject) => {
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        encodeRequest,
        decodeResponse,
        service,
        { deadline: Date.now() + timeout },
        (error, code) => (error ? reject(error) : resolve(code ?? 0)),
      );
    });
    return { serving: code === 1, status: servingStatus[code] ?? `status ${code}` };
  } catch (error) {
    const { code, details } = error as ServiceError;
    // grpc-js wraps the one fact that helps in a report on its search for addresses.
    const reason = /Last error: (?:Error: )?(.*?)\. Resolution note/.exec(details)?.[1] ?? details;
    return { serving: false, status: `${grpcStatus[code]}: ${reason}` };
  } finally {
    client.close();
  }
}

/** HealthCheckRequest: one field, `string service = 1`, left out when empty. Lengths are varints. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  const length: number[] = [];
  for (let left = name.length; ; left >>>= 7) {
    length.push(left > 0x7f ? (left & 0x7f) | 0x80 : left);
    if (left <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** HealthCheckResponse: one field, `ServingStatus status = 1`, left out when 0. */
function decodeResponse(bytes: Buffer): number {
  return bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
}

/**
 * Asks `GET /health` at "host:port". Never throws: an unreachable server is a status.
 *
 * @param timeout milliseconds
 */
export function askHttpHealth(target: string, timeout: number): Promise<Health> {
  return new Promise((resolve) => {
    const request = get(`http://${target}/health`, { agent: false, timeout }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      const serving = statusCode >= 200 && statusCode < 300;
      resolve({ serving, status: serving ? "ok" : `HTTP status ${statusCode}` });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.on("error", ({ message }) => resolve({ serving: false, status: message }));
  });
}
