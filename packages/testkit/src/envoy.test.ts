import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "./describe-with.ts";
import { startEnvoy, validateEnvoyConfig } from "./envoy.ts";
import { waitFor } from "./wait-for.ts";

/** Two listeners: one proxies to a port of loopback and logs, one answers by itself. */
function bootstrap(upstreamPort: number): string {
  const listener = (name: string, route: string, accessLog: string): string => `
    - name: ${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ${name}
                access_log: ${accessLog}
                route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, ${route} }] }] }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;
  const log = `[{ name: stdout, typed_config: {
    "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog,
    log_format: { text_format_source: { inline_string: "path=%REQ(:path)% status=%RESPONSE_CODE%\\n" } } } }]`;
  return `
static_resources:
  listeners:${listener("main", "route: { cluster: upstream }", log)}${listener("side", "direct_response: { status: 418 }", "[]")}
  clusters:
    - name: upstream
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: upstream
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${upstreamPort} } } } }] }]
`;
}

let upstream: Server;
let port: number;

beforeEach(async () => {
  upstream = createServer((request, response) =>
    response.end(`upstream saw ${request.method} ${request.url}`),
  );
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  port = (upstream.address() as AddressInfo).port;
});

afterEach(async () => {
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

describeWith("envoy", "a real Envoy", () => {
  test("proxies to a server of the test, and each listener has its own address", async () => {
    await using envoy = await startEnvoy({ config: bootstrap(port) });
    const answer = await fetch(`${envoy.url("main")}/hello?x=1`);
    expect(answer.headers.get("server")).toBe("envoy");
    expect(await answer.text()).toBe("upstream saw GET /hello?x=1");
    expect(envoy.url()).toBe(envoy.url("main"));
    expect((await fetch(envoy.url("side"))).status).toBe(418);
    expect(() => envoy.url("other")).toThrow('Envoy has no listener "other"; there is: main, side');
  });

  test("tells counters by prefix, and access logs within moments", async () => {
    await using envoy = await startEnvoy({ config: bootstrap(port) });
    await (await fetch(`${envoy.url("main")}/logged`)).text();
    const line = await waitFor(() => envoy.logs().find((text) => text.startsWith("path=")), {
      what: "the access log",
    });
    expect(line).toBe("path=/logged status=200");
    const stats = await envoy.stats("http.main.downstream_rq_");
    expect(stats["http.main.downstream_rq_total"]).toBe(1);
    expect(Object.keys(stats).every((name) => name.startsWith("http.main.downstream_rq_"))).toBe(true);
  });

  test("runs beside another one", async () => {
    await using one = await startEnvoy({ config: bootstrap(port) });
    await using other = await startEnvoy({ config: bootstrap(port) });
    expect(one.url("main")).not.toBe(other.url("main"));
    for (const envoy of [one, other]) expect((await fetch(envoy.url("main"))).status).toBe(200);
  });

  test("is gone after stop, and stopping again is no error", async () => {
    const envoy = await startEnvoy({ config: bootstrap(port) });
    await envoy.stop();
    expect(() => process.kill(envoy.pid, 0)).toThrow("ESRCH");
    await envoy.stop();
  });

  test("one that crashed is an error when it is stopped", async () => {
    const envoy = await startEnvoy({ config: bootstrap(port) });
    process.kill(envoy.pid, "SIGKILL");
    await expect(envoy.stop()).rejects.toThrow("Envoy ended with SIGKILL");
  });

  test("a configuration that it refuses is an error with the reason", async () => {
    const config = bootstrap(port).replaceAll("stat_prefix", "stat_prefixx");
    await expect(startEnvoy({ config })).rejects.toThrow(
      /Envoy ended before it was ready \(exit code 1\)[\s\S]*stat_prefixx/,
    );
  });
});

describeWith("envoy", "judging a configuration", () => {
  test("a good one passes", async () => {
    await validateEnvoyConfig(bootstrap(port));
  });

  test("a bad one is an error in Envoy's words", async () => {
    const config = bootstrap(port).replace("type: STATIC", "type: STATICC");
    await expect(validateEnvoyConfig(config)).rejects.toThrow(
      /^Envoy refuses the configuration:[\s\S]*STATICC/,
    );
  });
});
