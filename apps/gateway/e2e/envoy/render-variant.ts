import { renderEnvoyConfig } from "@gateway/example-envoy";
import type { GatewayProcess } from "@gateway/testkit";
import { parse } from "yaml";

/** Part of Envoy's configuration. */
export type Section = Record<string, unknown>;

/** What a test has otherwise than the example's envoy.yaml: keys that replace, or with undefined remove, its own. */
export interface EnvoyChanges {
  /** The static layer of the runtime. */
  runtime?: Section;
  listener?: Section;
  /** The HTTP connection manager. */
  manager?: Section;
  /** The ext_proc filter. */
  filter?: Section;
  /** The route of POST /v1/responses. */
  route?: Section;
  /** The cluster of ExtProc listeners. */
  processors?: Section;
  /** The cluster of HTTP listeners. */
  web?: Section;
}

/** The listeners of a gateway, as far as Envoy has to know them. */
export type Listeners = Pick<GatewayProcess, "http" | "extproc">;

/**
 * The example's envoy.yaml for a gateway, with changes. Given several gateways, all are endpoints of both clusters.
 *
 * @throws Error when envoy.yaml does not have the listener, filter, route and clusters that are to be changed.
 */
export function renderVariant(
  gateways: readonly [Listeners, ...Listeners[]],
  changes: EnvoyChanges = {},
): string {
  const [first] = gateways;
  const config = parse(
    renderEnvoyConfig({ http: withoutScheme(first.http), extproc: first.extproc }),
  ) as Bootstrap;
  const { listeners, clusters } = config.static_resources;
  const [listener] = listeners;
  const manager = listener?.filter_chains[0]?.filters[0]?.typed_config;
  const [layer] = config.layered_runtime.layers;
  const filter = named(manager?.http_filters, "envoy.filters.http.ext_proc").typed_config;
  const route = named(manager?.route_config.virtual_hosts[0]?.routes, "responses_create");
  const processors = named(clusters, "gateway_extproc");
  const web = named(clusters, "gateway_http");
  if (listener === undefined || manager === undefined || layer === undefined)
    throw new Error("envoy.yaml has no runtime layer or no listener with a connection manager");

  endpoints(
    processors,
    gateways.map(({ extproc }) => extproc),
  );
  endpoints(
    web,
    gateways.map(({ http }) => withoutScheme(http)),
  );
  change(layer.static_layer, changes.runtime);
  change(listener, changes.listener);
  change(manager, changes.manager);
  change(filter, changes.filter);
  change(route, changes.route);
  change(processors, changes.processors);
  change(web, changes.web);
  // JSON is YAML, too.
  return JSON.stringify(config);
}

/** Protocol options of a cluster: HTTP/2 with pings in this rhythm. */
export function http2WithPings(interval: string, timeout: string): Section {
  return {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval, timeout } } },
    },
  };
}

/** A processing mode with these bodies; headers are sent, answers are not looked at. */
export function requestBodies(mode: string, changes: Section = {}): Section {
  return {
    request_header_mode: "SEND",
    request_body_mode: mode,
    request_trailer_mode: mode === "FULL_DUPLEX_STREAMED" ? "SEND" : "SKIP",
    response_header_mode: "SKIP",
    response_body_mode: "NONE",
    response_trailer_mode: "SKIP",
    ...changes,
  };
}

/** Health checks of the processor in this rhythm; two failures in a row take it out, one success takes it in. */
export function healthChecks(
  interval: string,
  service_name = "envoy.service.ext_proc.v3.ExternalProcessor",
): Section[] {
  return [
    {
      ...{ timeout: "1s", interval, no_traffic_interval: interval, unhealthy_interval: interval },
      ...{ unhealthy_threshold: 2, healthy_threshold: 1, grpc_health_check: { service_name } },
    },
  ];
}

/** A route of POST /v1/responses that goes on to the gateway's HTTP listener where the processor lets it pass. */
export const toHttpListener: Section = {
  direct_response: undefined,
  response_headers_to_add: undefined,
  route: { cluster: "gateway_http", timeout: "0s" },
};

/** A route with ext_proc switched off. */
export const withoutFilter: Section = {
  typed_per_filter_config: {
    "envoy.filters.http.ext_proc": {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
      disabled: true,
    },
  },
};

/** The places of a bootstrap configuration that tests change. */
interface Bootstrap {
  layered_runtime: { layers: { static_layer: Section }[] };
  static_resources: {
    listeners: (Section & { filter_chains: { filters: { typed_config: Manager }[] }[] })[];
    clusters: Named[];
  };
}
interface Manager extends Section {
  route_config: { virtual_hosts: { routes: Named[] }[] };
  http_filters: (Named & { typed_config: Section })[];
}
interface Named extends Section {
  name: string;
}

function named<T extends Named>(list: readonly T[] | undefined, name: string): T {
  const found = list?.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`envoy.yaml has no "${name}" where it is to be changed`);
  return found;
}

function change(section: Section, changes: Section = {}): void {
  Object.assign(section, changes);
}

function endpoints(cluster: Section, addresses: readonly string[]): void {
  const lb_endpoints = addresses.map((text) => {
    const { hostname: address, port } = new URL(`tcp://${text}`);
    return { endpoint: { address: { socket_address: { address, port_value: Number(port) } } } };
  });
  cluster.load_assignment = { cluster_name: cluster.name, endpoints: [{ lb_endpoints }] };
}

function withoutScheme(url: string): string {
  return url.replace("http://", "");
}
