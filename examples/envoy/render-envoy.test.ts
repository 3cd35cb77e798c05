import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { envoyConfigFile, renderEnvoyConfig } from "./render-envoy.ts";

const original = readFileSync(envoyConfigFile, "utf8");

interface SocketAddress {
  socket_address: { address: string; port_value: number };
}

/** The four addresses of a configuration: admin interface, listener, ExtProc endpoint, HTTP endpoint. */
function addressesOf(config: {
  admin: { address: SocketAddress };
  static_resources: {
    listeners: { address: SocketAddress }[];
    clusters: {
      load_assignment: { endpoints: { lb_endpoints: { endpoint: { address: SocketAddress } }[] }[] };
    }[];
  };
}): SocketAddress["socket_address"][] {
  const { listeners, clusters } = config.static_resources;
  const endpoints = clusters.flatMap((cluster) =>
    cluster.load_assignment.endpoints.flatMap(({ lb_endpoints }) =>
      lb_endpoints.map(({ endpoint }) => endpoint),
    ),
  );
  return [config.admin, ...listeners, ...endpoints].map(({ address }) => address.socket_address);
}

describe("renderEnvoyConfig", () => {
  test("the file as it stands is for the compose network", () => {
    expect(addressesOf(parse(original))).toEqual([
      { address: "0.0.0.0", port_value: 9901 },
      { address: "0.0.0.0", port_value: 8080 },
      { address: "gateway", port_value: 10000 },
      { address: "gateway", port_value: 8080 },
    ]);
  });

  test("replaces the four addresses; Envoy's own are free ports of loopback when left out", () => {
    const rendered = renderEnvoyConfig({ http: "127.0.0.1:1111", extproc: "[::1]:2222" });
    expect(addressesOf(parse(rendered))).toEqual([
      { address: "127.0.0.1", port_value: 0 },
      { address: "127.0.0.1", port_value: 0 },
      { address: "::1", port_value: 2222 },
      { address: "127.0.0.1", port_value: 1111 },
    ]);
  });

  test("changes nothing else", () => {
    const before = parse(original);
    const after = parse(renderEnvoyConfig({ http: "127.0.0.1:1111", extproc: "127.0.0.1:2222" }));
    const unset = { address: "", port_value: 0 };
    for (const socket of [...addressesOf(before), ...addressesOf(after)]) Object.assign(socket, unset);
    expect(after).toEqual(before);
  });

  test("keeps every comment", () => {
    const comments = (text: string) => text.match(/^ *#.*$/gm)?.map((line) => line.trim());
    const rendered = renderEnvoyConfig({ http: "127.0.0.1:1111", extproc: "127.0.0.1:2222" });
    expect(comments(rendered)).toEqual(comments(original));
  });

  test("refuses what is not an address, and quotes it", () => {
    expect(() => renderEnvoyConfig({ http: "localhost", extproc: "127.0.0.1:1" })).toThrow('"localhost"');
  });
});

describe("the command line", () => {
  const script = `${import.meta.dirname}/render-envoy.ts`;
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [script, ...args], { encoding: "utf8", stdio: "pipe" });

  test("prints the configuration with the addresses given", () => {
    const addresses = {
      http: "127.0.0.1:8081",
      extproc: "127.0.0.1:10000",
      listen: "127.0.0.1:8080",
      admin: "127.0.0.1:9901",
    };
    const args = Object.entries(addresses).flatMap(([name, address]) => [`--${name}`, address]);
    expect(run(...args)).toBe(renderEnvoyConfig(addresses));
  });

  test("says how it is used when the gateway's addresses are missing", () => {
    expect(() => run("--http", "127.0.0.1:1")).toThrow(
      expect.objectContaining({
        status: 2,
        stderr: expect.stringContaining("usage: node examples/envoy/render-envoy.ts"),
      }),
    );
  });
});
