import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  cleanEnv,
  describeWith,
  type Envoy,
  type Exit,
  type GatewayProcess,
  type LlamaServer,
  startChild,
  startEnvoy,
  startGateway,
  startLlamaServer,
} from "@gateway/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChoosyModelServer, startChoosyModelServer } from "./choosy-model-server.ts";
import { renderEnvoyConfig } from "./render-envoy.ts";

const script = join(import.meta.dirname, "test-via-envoy.sh");
const config = readFileSync(join(import.meta.dirname, "extproc-config.yaml"), "utf8");

/** Runs test-via-envoy.sh; gives its exit and what it printed. */
async function runScript(env: Record<string, string>): Promise<Exit & { output: string }> {
  const child = await startChild({ command: "sh", args: [script], env: cleanEnv(env), input: "" });
  const exit = await child.exited;
  return { ...exit, output: child.output() };
}

const failures = (output: string) => output.split("\n").filter((line) => line.startsWith("  FAIL"));

describeWith(["envoy", "llama-server"], "the example, with Envoy, the gateway and a model server", () => {
  let llama: LlamaServer;
  let models: ChoosyModelServer;
  let gateway: GatewayProcess;
  let envoy: Envoy;

  beforeAll(async () => {
    llama = await startLlamaServer();
    models = await startChoosyModelServer(llama.url, llama.model);
    gateway = await startGateway({
      config,
      env: { MODEL_ENDPOINT: models.url, GATEWAY_STORE_PATH: "data/gateway.db" },
    });
    envoy = await startEnvoy({
      config: renderEnvoyConfig({ http: gateway.http.replace("http://", ""), extproc: gateway.extproc }),
    });
  });
  afterAll(async () => {
    await envoy?.stop();
    await gateway?.stop();
    await models?.stop();
    await llama?.stop();
  });

  test("passes every check of test-via-envoy.sh", { timeout: 120_000 }, async () => {
    const { code, output } = await runScript({
      ENVOY_URL: envoy.url(),
      ADMIN_URL: envoy.adminUrl,
      MODEL: llama.model,
    });
    expect(failures(output), output).toEqual([]);
    expect(output).toMatch(/^\d{3} passed, 0 failed$/m);
    expect(code).toBe(0);
  });

  test("fails, and names the model, where the model is missing", { timeout: 120_000 }, async () => {
    const { code, output } = await runScript({ ENVOY_URL: envoy.url(), ADMIN_URL: "", MODEL: "absent:3b" });
    expect(code).toBe(1);
    expect(failures(output)).toContain(
      "  FAIL  models: absent:3b is among them (otherwise pull it: ollama pull absent:3b)",
    );
    expect(failures(output)).toContain("  FAIL  answer: status 200");
  });

  test("writes one access log line and one line of the gateway's log with the same request id", async () => {
    const response = await fetch(`${envoy.url()}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": "find-me" },
      body: JSON.stringify({ model: llama.model, input: "say river", temperature: 0 }),
    });
    await response.json();
    expect(response.headers.get("x-request-id")).toBe("find-me");
    await expect.poll(() => envoy.logs().filter((line) => line.includes("find-me"))).toHaveLength(1);
    await expect
      .poll(() => gateway.logs().filter((line) => line.request_id === "find-me" && line.msg === "request"))
      .toHaveLength(1);
  });
});

test("test-via-envoy.sh says so when nothing answers", async () => {
  const { code, output } = await runScript({ ENVOY_URL: "http://127.0.0.1:1" });
  expect(code).toBe(2);
  expect(output).toContain("Nothing answers at http://127.0.0.1:1");
});
