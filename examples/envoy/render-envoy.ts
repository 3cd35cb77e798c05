import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Document, isMap, isSeq, parseDocument } from "yaml";

/** Addresses for Envoy's configuration, each as "host:port". */
export interface EnvoyAddresses {
  /** The gateway's HTTP listener. */
  readonly http: string;
  /** The gateway's ExtProc listener. */
  readonly extproc: string;
  /** Where Envoy listens; "127.0.0.1:0", any free port of loopback, when left out. */
  readonly listen?: string;
  /** Where Envoy's admin interface listens; "127.0.0.1:0" when left out. */
  readonly admin?: string;
}

/** Which address belongs to which cluster of envoy.yaml. */
const clusters = { gateway_http: "http", gateway_extproc: "extproc" } as const;

/** The configuration as it stands in the repository. */
export const envoyConfigFile: string = join(import.meta.dirname, "envoy.yaml");

/**
 * The example's envoy.yaml with other addresses. Host and port of the listener, of the admin interface and of the
 * two clusters' endpoints are replaced; everything else, comments included, stays as it is.
 *
 * @throws {Error} when an address is not "host:port", or when envoy.yaml has not the listener and clusters expected.
 */
export function renderEnvoyConfig(addresses: EnvoyAddresses): string {
  const { listen = "127.0.0.1:0", admin = "127.0.0.1:0" } = addresses;
  const document = parseDocument(readFileSync(envoyConfigFile, "utf8"));
  for (const error of document.errors) throw error;

  setAddress(document, ["admin", "address"], admin);
  setAddress(document, ["static_resources", "listeners", 0, "address"], listen);
  for (const [index, name] of namesOf(document, ["static_resources", "clusters"]).entries()) {
    if (!(name in clusters))
      throw new Error(`envoy.yaml has a cluster "${name}" without an address to replace`);
    const endpoint = ["load_assignment", "endpoints", 0, "lb_endpoints", 0, "endpoint", "address"];
    const address = addresses[clusters[name as keyof typeof clusters]];
    setAddress(document, ["static_resources", "clusters", index, ...endpoint], address);
  }
  // Long lines stay whole: folding them would be a change.
  return document.toString({ lineWidth: 0 });
}

function setAddress(document: Document, path: readonly (string | number)[], address: string): void {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  if (match === null) throw new Error(`"${address}" is not an address such as "127.0.0.1:8080"`);
  const socket = document.getIn([...path, "socket_address"]);
  if (!isMap(socket)) throw new Error(`envoy.yaml has no socket_address at ${path.join(".")}`);
  socket.set("address", match[1] ?? match[2]);
  socket.set("port_value", Number(match[3]));
}

function namesOf(document: Document, path: readonly string[]): string[] {
  const list = document.getIn(path);
  if (!isSeq(list)) throw new Error(`envoy.yaml has no list at ${path.join(".")}`);
  return list.items.map((item) => (isMap(item) ? String(item.get("name")) : ""));
}

const usage = `usage: node examples/envoy/render-envoy.ts --http HOST:PORT --extproc HOST:PORT [--listen HOST:PORT] [--admin HOST:PORT]

Prints envoy.yaml with these addresses: the gateway's two listeners, where Envoy listens, and its admin interface.
`;

if (import.meta.main) {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { http: text, extproc: text, listen: text, admin: text } });
    const { http, extproc, ...own } = values;
    if (http === undefined || extproc === undefined) throw new Error("--http and --extproc are needed");
    process.stdout.write(renderEnvoyConfig({ http, extproc, ...own }));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
  }
}
