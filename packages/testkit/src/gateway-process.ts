import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { bundledGateway } from "./bundled-gateway.ts";
import { cleanEnv } from "./clean-env.ts";
import { type Exit, lastLines, type RunningChild, startChild, untilReady } from "./running-child.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";
import { waitFor } from "./wait-for.ts";

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
  /** The program that is started; the gateway as it is shipped when left out. */
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
  /**
   * All lines of the log that have come so far, in their order, standard error included. Lines are written some
   * milliseconds after what they tell of: to say that there is none, or to look once, use `settledLogs`.
   */
  logs(): LogLine[];
  /**
   * The lines of the log once all that was logged before this call has been written. The running gateway is asked for
   * a path that it does not have, whose line is left out here and in `logs`; one that has exited has written all.
   */
  settledLogs(): Promise<LogLine[]>;
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
  const { args = [], env = {}, nodeArgs = [] } = options;
  const program = options.entry === undefined ? await bundledGateway() : { entry: options.entry, env: {} };
  const dir = tempDir("gateway-run-");
  const cwd = options.cwd ?? dir.path;
  const child = await startChild({
    command: process.execPath,
    args: [
      ...nodeArgs,
      ...[program.entry, "serve", ...writeConfig(dir, options.config)],
      ...["--http-listen", "127.0.0.1:0", "--extproc-listen", "127.0.0.1:0"],
      ...args,
    ],
    env: cleanEnv({ ...program.env, ...env }),
    cwd,
  });

  let killed = false;
  const logs = () => parseLog(child.output()).filter(isNoMark);
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
      logs,
      async settledLogs() {
        if (!child.hasExited()) await writeMark(child, `http://${String(http)}`);
        else await child.exited;
        return logs();
      },
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

/** The request ids of `settledLogs`. */
const markPrefix = "settled-logs-";

function isNoMark({ request_id }: LogLine): boolean {
  return !String(request_id).startsWith(markPrefix);
}

/** Lines are written in order: once the one of this request is there, so are all before it. */
async function writeMark(child: RunningChild, http: string): Promise<void> {
  const mark = `${markPrefix}${randomUUID()}`;
  const answer = await fetch(`${http}/${markPrefix}`, { headers: { "x-request-id": mark } });
  await answer.arrayBuffer();
  await waitFor(() => child.output().includes(mark), { what: "the log to be written" });
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
