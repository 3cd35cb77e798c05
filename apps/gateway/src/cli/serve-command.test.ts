import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import {
  cleanEnv,
  contentChunk,
  type GatewayOptions,
  type GatewayProcess,
  gatewayFromSource,
  hang,
  type LogLine,
  roleChunk,
  startGateway as startAnyGateway,
  startChild,
  startScriptedBackend,
  tempDir,
  waitFor,
} from "@gateway/testkit";
import { describe, expect, test } from "vitest";

/** As `npm start` does; most other tests start what is shipped. */
function startGateway(options: GatewayOptions = {}): Promise<GatewayProcess> {
  return startAnyGateway({ entry: gatewayFromSource, ...options });
}

/** Runs `serve` where it is expected to end by itself. */
async function serveToEnd(
  args: readonly string[],
): Promise<{ code: number | null; out: string; err: string }> {
  using dir = tempDir();
  const child = await startChild({
    command: process.execPath,
    args: [gatewayFromSource, "serve", ...args],
    env: cleanEnv(),
    cwd: dir.path,
  });
  const { code } = await child.exited;
  return { code, out: child.stdout(), err: child.stderr() };
}

function lineOf(gateway: GatewayProcess, msg: string): LogLine | undefined {
  return gateway.logs().find((line) => line.msg === msg);
}

describe("the line that says where it listens", () => {
  test("has both addresses, the version, the time it took and where each setting came from", async () => {
    await using gateway = await startGateway({ config: { log: { level: "debug" } } });
    const { http, extproc } = gateway;
    expect(lineOf(gateway, "listening")).toMatchObject({
      level: "info",
      http: http.replace("http://", ""),
      extproc,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      ms: expect.any(Number),
      config: expect.stringMatching(/gateway\.yaml$/),
      settings: {
        "http.listen": "flag --http-listen",
        "log.level": expect.stringMatching(/gateway\.yaml:\d+$/),
      },
    });
  });

  test("is written whatever the level, and alone when all is well", async () => {
    await using backend = await startScriptedBackend();
    const config = { backends: { scripted: { url: backend.url } } };
    await using gateway = await startGateway({ config, args: ["-log-level", "error"] });
    expect(gateway.logs().map(({ msg }) => msg)).toEqual(["listening"]);
  });

  test("does not tell secrets", async () => {
    const env = { OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: "http://user:pw-secret@127.0.0.1:1/v1" };
    await using gateway = await startGateway({ env });
    expect(JSON.stringify(gateway.logs())).not.toContain("secret");
    expect(lineOf(gateway, "listening")?.settings).toMatchObject({
      "backends.openai.key": "environment OPENAI_API_KEY",
    });
  });
});

test("settings without effect are named in the log", async () => {
  await using gateway = await startGateway({
    config: { health: { interval: "1s" }, log: { format: "json" } },
  });
  expect(gateway.logs()).toContainEqual(
    expect.objectContaining({
      level: "warn",
      msg: expect.stringMatching(/^health has no effect in this version/),
    }),
  );
});

test("lines for people are written on request, with the same words", async () => {
  using dir = tempDir();
  const child = await startChild({
    command: process.execPath,
    args: [gatewayFromSource, "--http-listen", "127.0.0.1:0", "--extproc-listen", "127.0.0.1:0"],
    env: cleanEnv({ GATEWAY_LOG_FORMAT: "pretty" }),
    cwd: dir.path,
  });
  await waitFor(() => /INFO.*listening.*127\.0\.0\.1:\d+/.test(child.stdout()), { what: "the line" });
  expect(await child.end("SIGTERM")).toMatchObject({ code: 0 });
  expect(child.stdout()).toMatch(/INFO.*stopped/);
});

describe("an address that is taken", () => {
  test("of the HTTP listener ends with 1 and one clear line", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, out } = await serveToEnd(["--http-listen", taken, "--extproc-listen", "127.0.0.1:0"]);
    server.close();
    expect(code).toBe(1);
    expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toMatchObject({
      level: "error",
      msg: `Cannot listen on ${taken}: another program does. Stop it, or choose another address with --http-listen or --extproc-listen.`,
    });
  });

  test("of the ExtProc listener likewise", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, out } = await serveToEnd(["--http-listen", "127.0.0.1:0", "-port", String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(out).toMatch(`Cannot listen on 127.0.0.1:${port}: another program does`);
  });
});

describe("the end", () => {
  test.for(["SIGTERM", "SIGINT"] as const)("%s ends it cleanly, with a last line", async (signal) => {
    const gateway = await startGateway();
    gateway.kill(signal);
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    await gateway.stop();
    expect(lineOf(gateway, "stopping")).toMatchObject({ signal });
    expect(gateway.logs().at(-1)?.msg).toBe("stopped");
  });

  test.for([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second %s does not wait for running answers: %i", async ([signal, code]) => {
    await using backend = await startScriptedBackend();
    backend.setDefault([roleChunk(), contentChunk("a"), hang()]);
    const gateway = await startGateway({
      config: { backends: { scripted: { url: backend.url } }, shutdown: { grace: "5m" } },
    });
    const response = await fetch(`${gateway.http}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", input: "hi", stream: true }),
    });
    gateway.kill(signal);
    await waitFor(() => lineOf(gateway, "stopping"), { what: "the first signal to be heard" });
    gateway.kill(signal);
    expect(await gateway.exited).toEqual({ code, signal: null });
    await response.body?.cancel().catch(() => {});
    await gateway.stop();
  });
});

describe("metrics", () => {
  test("are served, with what has happened", async () => {
    await using gateway = await startGateway();
    await (await fetch(`${gateway.http}/health`)).text();
    const text = await (await fetch(`${gateway.http}/metrics`)).text();
    expect(text).toMatch(/^http_requests_total\{method="GET",route="\/health",status="200"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  test("are not served when they are switched off", async () => {
    await using gateway = await startGateway({ config: { telemetry: { prometheus: false } } });
    expect((await fetch(`${gateway.http}/metrics`)).status).toBe(404);
  });
});
