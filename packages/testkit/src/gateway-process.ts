import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv } from "./clean-env.ts";
import { repoRoot } from "./repo-paths.ts";
import { type Exit, lastLines, type RunningChild, startChild, untilReady } from "./running-child.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

/** Settings of `startGateway`; all may be left out. */
export interface GatewayOptions {
  /** Configuration: YAML text, or an object that is written as JSON. Left out: no `--config` is given. */
  config?: string | object;
  /** Further arguments of `serve`. */
  args?: readonly string[];
  /** Added to a clean environment: without it no provider key or gateway setting of the caller reaches the process. */
  env?: Record<string, string | undefined>;
  /** Working directory, which is where the data goes; kept at the end. Left out: a temp folder, removed at the end. */
  cwd?: string;
  /** The program that is started; the gateway's own `bin/gateway.js` when left out. */
  entry?: string;
  /** Arguments of Node itself, such as "--cpu-prof". */
  nodeArgs?: readonly string[];
}

/** A line of the gateway's log: the JSON object it wrote, or a line of plain text as `{ msg, plain: true }`. */
export interface LogLine {
  level?: string;
  msg?: string;
  plain?: true;
  [field: string]: unknown;
}

/** A running gateway. */
export interface GatewayProcess extends AsyncDisposable {
  /** Base address of the HTTP listener, "http://host:port", without a trailing slash. */
  readonly http: string;
  /** Address of the ExtProc listener, "host:port". */
  readonly extproc: string;
  readonly pid: number;
  /** Working directory of the process. */
  readonly cwd: string;
  /** All lines of the log so far, in the order they came, standard error included. */
  logs(): LogLine[];
  /** Sends a signal; SIGTERM when left out. */
  kill(signal?: NodeJS.Signals): void;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /**
   * Sends SIGTERM and waits. Stopping twice is no error. A process that the test has signalled with `kill` may
   * end as it likes.
   * @throws Error with the log unless the exit code is 0.
   */
  stop(): Promise<void>;
}

/**
 * Starts the gateway on free ports and waits until both listeners accept.
 *
 * @throws Error with the end of the log when it ends before that, or does not say so within 30 seconds.
 */
export async function startGateway(options: GatewayOptions = {}): Promise<GatewayProcess> {
  const {
    args = [],
    env = {},
    nodeArgs = [],
    entry = join(repoRoot, "apps", "gateway", "bin", "gateway.js"),
  } = options;
  const dir = tempDir("gateway-run-");
  const cwd = options.cwd ?? dir.path;
  const child = await startChild({
    command: process.execPath,
    args: [
      ...nodeArgs,
      ...[entry, "serve", ...writeConfig(dir, options.config)],
      ...["--http-listen", "127.0.0.1:0", "--extproc-listen", "127.0.0.1:0"],
      ...args,
    ],
    env: cleanEnv(env),
    cwd,
  });

  let killed = false;
  const stop = async (): Promise<void> => {
    const { code, signal } = await child.end("SIGTERM", 20_000);
    dir.remove();
    if (code !== 0 && !killed) {
      throw new Error(
        `The gateway ended with ${signal ?? `exit code ${code}`}\n${lastLines(child.output())}`,
      );
    }
  };
  try {
    const { http, extproc } = await untilReady(child, "the gateway", () => listening(child), 30_000);
    return {
      http: `http://${String(http)}`,
      extproc: String(extproc),
      pid: child.pid,
      cwd,
      logs: () => parseLog(child.output()),
      kill(signal) {
        killed = true;
        child.kill(signal);
      },
      exited: child.exited,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    dir.remove();
    throw error;
  }
}

function writeConfig(dir: TempDir, config: string | object | undefined): string[] {
  if (config === undefined) return [];
  const file = dir.join("gateway.yaml");
  // JSON is YAML, too.
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config, null, 2), { mode: 0o600 });
  return ["--config", file];
}

function listening(child: RunningChild): LogLine | undefined {
  return parseLog(child.stdout()).find((line) => line.msg === "listening");
}

function parseLog(output: string): LogLine[] {
  return output
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseLine);
}

function parseLine(line: string): LogLine {
  if (line.startsWith("{")) {
    try {
      return JSON.parse(line) as LogLine;
    } catch {
      // A line cut in half by the read, or text that only looks like JSON.
    }
  }
  return { msg: line, plain: true };
}
