import { connect } from "node:net";
import { describeWith, type Envoy, openRawRequest, startEnvoy, waitFor } from "@gateway/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderEnvoyConfig } from "./render-envoy.ts";
import { type SilentGateway, startSilentGateway } from "./silent-gateway.ts";

/** An address at which nobody listens: port 1 is reserved, and nothing is ever bound to it. */
const nowhere = "127.0.0.1:1";

const create = { model: "any", input: "hello" };

function post(envoy: Envoy, path: string): Promise<Response> {
  return fetch(`${envoy.url()}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "mine" },
    body: JSON.stringify(create),
  });
}

describeWith("envoy", "Envoy without a gateway behind it", () => {
  let envoy: Envoy;
  beforeAll(async () => {
    envoy = await startEnvoy({ config: renderEnvoyConfig({ http: nowhere, extproc: nowhere }) });
  });
  afterAll(() => envoy.stop());

  test.each([
    ["POST /v1/responses, the way through ext_proc", () => post(envoy, "/v1/responses")],
    ["POST /v1/conversations, the way to the HTTP listener", () => post(envoy, "/v1/conversations")],
    ["GET /health", () => fetch(`${envoy.url()}/health`, { headers: { "x-request-id": "mine" } })],
  ])("answers %s with 503, Retry-After and an error as OpenAI sends it", async (_way, call) => {
    const response = await call();
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("x-request-id")).toBe("mine");
    expect(await response.json()).toEqual({
      error: {
        message: "The gateway cannot be reached. Please try again shortly.",
        type: "server_error",
        param: null,
        code: "gateway_unavailable",
      },
    });
  });

  test("says in the access log what happened, without the client's body", async () => {
    await post(envoy, "/v1/responses?logged");
    const line = await waitFor(() => envoy.logs().find((text) => text.includes("?logged")), {
      what: "the access log",
    });
    expect(JSON.parse(line)).toMatchObject({
      method: "POST",
      path: "/v1/responses?logged",
      request_id: "mine",
      status: 503,
      route: "responses_create",
      details: expect.stringMatching(/^ext_proc_error/),
    });
    expect(line).not.toContain("hello");
  });

  test.each([
    ["a broken header", "GET /health HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n", 400, "http1.codec_error"],
    [
      "headers over 60 KiB",
      `GET /health HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(70_000)}\r\n\r\n`,
      431,
      "http1.headers_too_large",
    ],
    ["HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", 426, "low_version"],
    ["CONNECT", "CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n", 403, "upgrade_failed"],
  ])("refuses %s with an error as OpenAI sends it", async (_what, bytes, status, details) => {
    const answer = await exchange(envoy, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.[01] ${status} `));
    expect(answer).toMatch(/^content-type: application\/json\r$/m);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toEqual({
      error: {
        message: `Envoy refused the request: ${details}.`,
        type: "invalid_request_error",
        param: null,
        code: null,
      },
    });
  });
});

describeWith("envoy", "Envoy with a processor that closes its stream without an answer", () => {
  let gateway: SilentGateway;
  let envoy: Envoy;
  beforeAll(async () => {
    gateway = await startSilentGateway("closes");
    envoy = await startEnvoy({ config: renderEnvoyConfig(gateway) });
  });
  afterAll(async () => {
    await envoy.stop();
    await gateway.stop();
  });

  test("answers 503 itself and lets the request go nowhere else", async () => {
    const response = await post(envoy, "/v1/responses");
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toEqual({
      error: {
        message: "The gateway gave no answer. Please try again shortly.",
        type: "server_error",
        param: null,
        code: "gateway_unavailable",
      },
    });
    expect(gateway.processed()).toBeGreaterThan(0);
    expect(gateway.seen()).not.toContain("POST /v1/responses");
  });

  test.each(["GET", "PUT", "DELETE", "OPTIONS"])(
    "brings %s /v1/responses to the HTTP listener",
    async (method) => {
      const response = await fetch(`${envoy.url()}/v1/responses`, { method });
      expect(response.status).toBe(200);
      expect(gateway.seen()).toContain(`${method} /v1/responses`);
    },
  );

  test.each(["/v1/responses/", "/v1/responses/resp_1/cancel", "/v1/chat/completions", "/anything"])(
    "brings POST %s to the HTTP listener",
    async (path) => {
      const response = await post(envoy, path);
      expect(response.status).toBe(200);
      expect(gateway.seen()).toContain(`POST ${path}`);
    },
  );

  test.each(["GET", "POST"])(
    "brings a WebSocket handshake by %s to the HTTP listener, and its 426 back",
    async (method) => {
      using exchange = openRawRequest(`${envoy.url()}/v1/responses`, {
        method,
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
      });
      await exchange.waitFor("HTTP/1.1 426 ");
      expect(gateway.seen()).toContain(`upgrade ${method} /v1/responses`);
    },
  );
});

describeWith("envoy", "Envoy with a processor that never answers", () => {
  test("answers 504 after stream_idle_timeout", async () => {
    const gateway = await startSilentGateway("hangs");
    const config = renderEnvoyConfig(gateway);
    const impatient = config.replace("stream_idle_timeout: 300s", "stream_idle_timeout: 0.3s");
    expect(impatient).not.toBe(config);
    const envoy = await startEnvoy({ config: impatient });
    try {
      const response = await post(envoy, "/v1/responses");
      expect(response.status).toBe(504);
      expect(await response.json()).toEqual({
        error: {
          message: "The gateway did not answer in time.",
          type: "server_error",
          param: null,
          code: "gateway_timeout",
        },
      });
    } finally {
      await envoy.stop();
      await gateway.stop();
    }
  });
});

/** Sends bytes as they are on a connection of its own; gives the whole answer. */
function exchange(envoy: Envoy, bytes: string): Promise<string> {
  const { hostname, port } = new URL(envoy.url());
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      answer += text;
    });
    // Envoy closes the connection after each of these, at times with a reset because of what it has not read.
    socket.on("error", (error) => (answer === "" ? reject(error) : undefined));
    socket.on("close", () => resolve(answer));
  });
}
