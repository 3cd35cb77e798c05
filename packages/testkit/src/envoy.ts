import { readFileSync, writeFileSync } from "node:fs";
import { cleanEnv } from "./clean-env.ts";
import { envoyBinary, partDir } from "./parts.ts";
import { lastLines, startChild, untilReady } from "./running-child.ts";
import { tempDir } from "./temp-dir.ts";

/** What `startEnvoy` starts. */
export interface EnvoyOptions {
  /** Bootstrap configuration as YAML. Listeners with `port_value: 0` get a free port; an admin address is added. */
  config: string;
  /** Level of Envoy's own log; "warning" when left out. */
  logLevel?: "trace" | "debug" | "info" | "warning" | "error";
  /** Levels of single components, such as "ext_proc:debug,http2:info". */
  componentLogLevel?: string;
  /** Number of worker threads; 1 when left out. */
  concurrency?: number;
}

/** A running Envoy. */
export interface Envoy extends AsyncDisposable {
  readonly pid: number;
  /** Base address of the admin interface, without a trailing slash. */
  readonly adminUrl: string;
  /**
   * Base address of a listener by its name, without a trailing slash; of the first one when no name is given.
   * @throws Error that lists the names there are.
   */
  url(listenerName?: string): string;
  /** Counters and gauges whose name starts with `prefix`; histograms are left out. */
  stats(prefix: string): Promise<Record<string, number>>;
  /** Lines of Envoy's log and of access logs that go to /dev/stdout or /dev/stderr, as they arrived. */
  logs(): string[];
  /** Ends Envoy. Stopping twice is no error. @throws Error with the log when it had crashed. */
  stop(): Promise<void>;
}

/** Laid over every configuration: tests talk to the admin interface at a port of Envoy's choice. */
const adminOverlay = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }";

/**
 * Starts the real Envoy and waits until it serves.
 *
 * @throws Error with the end of Envoy's log when it refuses the configuration; Error with the reason when the
 *   part is missing (see `describeWith`).
 */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const { config, logLevel = "warning", componentLogLevel, concurrency = 1 } = options;
  const dir = tempDir("gateway-envoy-");
  writeFileSync(dir.join("envoy.yaml"), config);
  const child = await startChild({
    command: envoyBinary(partDir("envoy")),
    args: [
      ...["--config-path", dir.join("envoy.yaml"), "--config-yaml", adminOverlay],
      ...["--admin-address-path", dir.join("admin")],
      // Without hot restart there is no shared memory, so any number of Envoys run side by side.
      "--disable-hot-restart",
      ...["--concurrency", String(concurrency), "--log-level", logLevel],
      ...(componentLogLevel === undefined ? [] : ["--component-log-level", componentLogLevel]),
      // Access logs are buffered for ten seconds otherwise.
      ...["--file-flush-interval-msec", "20"],
    ],
    env: cleanEnv(),
  });

  let stopping = false;
  const stop = async (): Promise<void> => {
    const crashed = !stopping && child.hasExited();
    stopping = true;
    const { code, signal } = await child.end("SIGTERM");
    dir.remove();
    if (crashed || code !== 0) {
      throw new Error(`Envoy ended with ${signal ?? `exit code ${code}`}\n${lastLines(child.output())}`);
    }
  };

  try {
    const adminUrl = await untilReady(child, "Envoy", () => liveAdmin(dir.join("admin")), 20_000);
    const listeners = await listenerAddresses(adminUrl);
    return {
      pid: child.pid,
      adminUrl,
      url: (name) => listenerUrl(listeners, name),
      stats: (prefix) => readStats(adminUrl, prefix),
      logs: () => child.output().split("\n"),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await child.end("SIGKILL");
    dir.remove();
    throw error;
  }
}

/**
 * Lets Envoy judge a bootstrap configuration without serving it.
 *
 * @throws Error with Envoy's words when it refuses the configuration.
 */
export async function validateEnvoyConfig(config: string): Promise<void> {
  using dir = tempDir("gateway-envoy-");
  writeFileSync(dir.join("envoy.yaml"), config);
  const args = ["--mode", "validate", "--config-path", dir.join("envoy.yaml"), "--log-level", "error"];
  const child = await startChild({
    command: envoyBinary(partDir("envoy")),
    args,
    env: cleanEnv(),
    input: "",
  });
  const { code } = await child.exited;
  // Some of Envoy's messages come with doubled spaces at random places, to keep people from matching on them.
  if (code !== 0)
    throw new Error(`Envoy refuses the configuration: ${child.output().trim().replace(/ +/g, " ")}`);
}

/** The admin address once Envoy is live; the file with it appears before that. */
async function liveAdmin(file: string): Promise<string | undefined> {
  const adminUrl = `http://${readFileSync(file, "utf8").trim()}`;
  const response = await fetch(`${adminUrl}/ready`);
  await response.arrayBuffer();
  return response.ok ? adminUrl : undefined;
}

async function listenerAddresses(adminUrl: string): Promise<Map<string, string>> {
  const response = await fetch(`${adminUrl}/listeners?format=json`);
  const { listener_statuses = [] } = (await response.json()) as {
    listener_statuses?: {
      name: string;
      local_address: { socket_address: { address: string; port_value: number } };
    }[];
  };
  return new Map(
    listener_statuses.map(({ name, local_address: { socket_address: at } }) => {
      const host = at.address === "0.0.0.0" ? "127.0.0.1" : at.address;
      return [name, `http://${host}:${at.port_value}`];
    }),
  );
}

function listenerUrl(listeners: Map<string, string>, name: string | undefined): string {
  const url = name === undefined ? listeners.values().next().value : listeners.get(name);
  if (url !== undefined) return url;
  const known = [...listeners.keys()].join(", ") || "none";
  throw new Error(
    `Envoy has no ${name === undefined ? "listener" : `listener "${name}"`}; there is: ${known}`,
  );
}

async function readStats(adminUrl: string, prefix: string): Promise<Record<string, number>> {
  const pattern = `^${prefix.replace(/[^\w-]/g, "\\$&")}`;
  const response = await fetch(`${adminUrl}/stats?format=json&filter=${encodeURIComponent(pattern)}`);
  if (!response.ok) throw new Error(`Envoy's /stats answered ${response.status}: ${await response.text()}`);
  const { stats } = (await response.json()) as { stats: { name?: string; value?: number }[] };
  return Object.fromEntries(
    stats.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value]])),
  );
}
