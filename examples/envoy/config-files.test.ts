import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, describeWith, validateEnvoyConfig } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { envoyConfigFile, renderEnvoyConfig } from "./render-envoy.ts";

const gateway = join(import.meta.dirname, "..", "..", "apps", "gateway", "bin", "gateway.js");
const configFile = join(import.meta.dirname, "extproc-config.yaml");

describeWith("envoy", "envoy.yaml", () => {
  test("is accepted by Envoy as it stands", async () => {
    await expect(validateEnvoyConfig(readFileSync(envoyConfigFile, "utf8"))).resolves.toBeUndefined();
  });

  test("is accepted by Envoy with other addresses", async () => {
    const rendered = renderEnvoyConfig({ http: "127.0.0.1:8080", extproc: "127.0.0.1:10000" });
    await expect(validateEnvoyConfig(rendered)).resolves.toBeUndefined();
  });
});

describe("extproc-config.yaml", () => {
  const config = (...args: string[]) =>
    spawnSync(process.execPath, [gateway, "config", ...args, "--config", configFile], {
      encoding: "utf8",
      env: cleanEnv(),
    });

  test("passes `gateway config check` without a warning", () => {
    expect(config("check")).toMatchObject({ status: 0, stderr: "" });
  });

  test("opens both listeners to the compose network and has one backend, Ollama", () => {
    const { stdout } = config("print");
    expect(parse(stdout)).toMatchObject({
      http: { listen: "0.0.0.0:8080" },
      extproc: { listen: "0.0.0.0:10000" },
      backends: { default: { url: "http://ollama:11434/v1" } },
      store: { path: "/data/gateway.db" },
      auth: { open: true },
    });
  });
});

describe("the times in envoy.yaml and extproc-config.yaml", () => {
  const manager = parse(readFileSync(envoyConfigFile, "utf8")).static_resources.listeners[0].filter_chains[0]
    .filters[0];
  const { timeout, shutdown } = parse(readFileSync(configFile, "utf8"));
  const seconds = (text: string) => {
    expect(text).toMatch(/^\d+s$/);
    return Number.parseInt(text, 10);
  };

  test("the gateway gives up on a model server before Envoy gives up on the gateway", () => {
    const patience = seconds(manager.typed_config.stream_idle_timeout);
    for (const time of Object.values<string>(timeout)) expect(seconds(time)).toBeLessThan(patience);
  });

  test("the gateway reports that it leaves for longer than Envoy takes to notice", () => {
    const clusters: { health_checks: { interval: string; unhealthy_threshold: number }[] }[] = parse(
      readFileSync(envoyConfigFile, "utf8"),
    ).static_resources.clusters;
    for (const { health_checks } of clusters) {
      for (const { interval, unhealthy_threshold } of health_checks) {
        expect(seconds(shutdown.drain_delay)).toBeGreaterThan(seconds(interval) * unhealthy_threshold);
      }
    }
  });
});
