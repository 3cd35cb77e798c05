import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { healthcheck } from "./healthcheck-command.ts";

/** grpc.health.v1 by hand: the request's bytes as they came, the answer's as they go. */
const healthService: ServiceDefinition = {
  check: {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

const longName = "n".repeat(300);
const states: Record<string, number[]> = {
  "": [0x08, 1],
  semantic_router: [0x08, 1],
  [longName]: [0x08, 1],
  ending: [0x08, 2],
  unset: [],
};

let grpc: Server;
let grpcPort: number;
const http = createServer((request, response) => {
  if (request.url === "/health") response.writeHead(httpStatus).end("{}");
  else response.writeHead(404).end();
});
let httpStatus = 200;

beforeAll(async () => {
  grpc = new Server();
  grpc.addService(healthService, {
    check(call: { request: Buffer }, callback: (error: object | null, answer?: Buffer) => void) {
      const state = states[readName(call.request)];
      if (state) callback(null, Buffer.from(state));
      else callback({ code: status.NOT_FOUND, details: "unknown service" });
    },
  });
  grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  grpc.forceShutdown();
  http.close();
});

/** The `service` of a HealthCheckRequest, read as protobuf has it: tag 10, length, text. */
function readName(bytes: Buffer): string {
  if (bytes.length === 0) return "";
  expect(bytes[0]).toBe(0x0a);
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  expect(bytes.length).toBe(at + length);
  return bytes.subarray(at).toString();
}

async function run(args: string[], env: Record<string, string> = {}) {
  let out = "";
  let err = "";
  const code = await healthcheck(args, {
    env,
    cwd: "/",
    print: (text) => {
      out += text;
    },
    say: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

describe("asked by gRPC", () => {
  test.for(["", "semantic_router", longName])("a serving service %s is 0", async (service) => {
    expect(await run([`-addr=127.0.0.1:${grpcPort}`, "--service", service])).toEqual({
      code: 0,
      out: "SERVING\n",
      err: "",
    });
  });

  test.for([
    ["ending", "NOT_SERVING"],
    ["unset", "UNKNOWN"],
    ["nobody", "NOT_FOUND: unknown service"],
  ] as const)("service %s is 1, and %s", async ([service, answer]) => {
    expect(await run(["--addr", `:${grpcPort}`, "--service", service])).toEqual({
      code: 1,
      out: "",
      err: `127.0.0.1:${grpcPort}: ${answer}\n`,
    });
  });

  test("nobody at the address is 1, with the reason", async () => {
    const port = await freePort();
    expect(await run(["--addr", `127.0.0.1:${port}`])).toEqual({
      code: 1,
      out: "",
      err: `127.0.0.1:${port}: UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    });
  });

  test("one that does not answer is 1 when the time is over", async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const { code, err } = await run(["--addr", `127.0.0.1:${port}`, "--timeout", "100ms"]);
    for (const socket of sockets) socket.destroy();
    silent.close();
    expect(code).toBe(1);
    expect(err).toContain("DEADLINE_EXCEEDED");
  });

  test("without an address the configured one is asked, and this machine for all interfaces", async () => {
    const env = { GATEWAY_EXTPROC_LISTEN: `:${grpcPort}`, GATEWAY_AUTH_OPEN: "true" };
    expect((await run([], env)).out).toBe("SERVING\n");
    expect((await run(["-port", String(grpcPort)])).out).toBe("SERVING\n");
  });
});

describe("asked by HTTP", () => {
  test.for([
    [200, 0, "ok\n"],
    [503, 1, ""],
  ] as const)("a status %i is %i", async ([answered, code, out]) => {
    httpStatus = answered;
    const { port } = http.address() as AddressInfo;
    const result = await run(["--http", "--addr", `127.0.0.1:${port}`]);
    expect([result.code, result.out]).toEqual([code, out]);
    if (code === 1) expect(result.err).toBe(`127.0.0.1:${port}: HTTP status 503\n`);
  });

  test("nobody there is 1", async () => {
    const port = await freePort();
    expect(await run(["--http", "--addr", `127.0.0.1:${port}`])).toMatchObject({
      code: 1,
      err: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

test("port 0 cannot be asked", async () => {
  await expect(run(["--addr", "127.0.0.1:0"])).rejects.toThrow("name the real one with --addr");
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
