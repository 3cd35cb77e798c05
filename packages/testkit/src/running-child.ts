import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { spawnLeashed } from "./child-leash.ts";
import { waitFor } from "./wait-for.ts";

/** How a process ended: `code` is null when a signal ended it. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process whose output is kept. */
export interface RunningChild {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Settles once the process has ended and its output has been read; never rejects. */
  readonly exited: Promise<Exit>;
  /** True as soon as the process has ended. */
  hasExited(): boolean;
  /** Standard output so far. */
  stdout(): string;
  /** Standard error so far. */
  stderr(): string;
  /** The lines of both outputs in the order they came, empty ones left out; a line is never mixed with another. */
  output(): string;
  /** Sends a signal; SIGTERM when left out. A process that has ended is left alone. */
  kill(signal?: NodeJS.Signals): void;
  /** Sends a signal and waits; after `graceMs` (5,000) milliseconds the process is killed with SIGKILL. */
  end(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>;
}

/** What `startChild` starts. */
export interface ChildCommand {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd?: string;
  /** Text for standard input, which is then closed. Left out: standard input stays open until this process ends. */
  input?: string;
}

/**
 * Starts a process that does not outlive this one and keeps what it writes.
 *
 * @throws Error when the command cannot be started; the message names it.
 */
export async function startChild({ command, args, env, cwd, input }: ChildCommand): Promise<RunningChild> {
  const child = spawnLeashed(command, args, {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd ? { cwd } : {}),
  });
  const lines: string[] = [];
  const stdout = keepLines(child.stdout, lines);
  const stderr = keepLines(child.stderr, lines);
  // A child that ends without reading its input closes the pipe: that is its right.
  child.stdin?.on("error", () => {});

  let ended = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = true;
      // "close" comes after the last output, but never while a grandchild holds the pipe open.
      const timer = setTimeout(resolve, 1000, { code, signal }).unref();
      child.once("close", () => {
        clearTimeout(timer);
        resolve({ code, signal });
      });
    });
  });

  try {
    await once(child, "spawn");
  } catch (error) {
    throw new Error(`Cannot start ${command}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  // From here on an error is a signal that could not be sent, to a process that has just ended.
  child.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);

  const kill = (signal: NodeJS.Signals = "SIGTERM"): void => {
    if (!ended) child.kill(signal);
  };
  return {
    pid: child.pid as number,
    process: child,
    exited,
    hasExited: () => ended,
    stdout: stdout.text,
    stderr: stderr.text,
    output: () => [...lines, stdout.openLine(), stderr.openLine()].filter(Boolean).join("\n"),
    kill,
    async end(signal = "SIGTERM", graceMs = 5000) {
      kill(signal);
      const timer = setTimeout(kill, graceMs, "SIGKILL");
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Keeps what a stream brings, and adds each line to `lines` once it is whole. */
function keepLines(stream: Readable | null, lines: string[]): { text(): string; openLine(): string } {
  const decoder = new StringDecoder("utf8");
  let text = "";
  let openLine = "";
  stream?.on("data", (bytes: Buffer) => {
    const more = decoder.write(bytes);
    text += more;
    const parts = (openLine + more).split("\n");
    openLine = parts.pop() ?? "";
    lines.push(...parts);
  });
  return { text: () => text, openLine: () => openLine };
}

/** The last `count` lines of a process's output, for error messages. */
export function lastLines(output: string, count = 40): string {
  return output.trimEnd().split("\n").slice(-count).join("\n");
}

/**
 * Polls `probe` until it gives something truthy: the child is then ready and the value is returned. When the
 * child ends first, or time is up, it is killed and the error carries the end of its output.
 */
export async function untilReady<T>(
  child: RunningChild,
  name: string,
  probe: () => T | Promise<T>,
  timeoutMs: number,
): Promise<NonNullable<T>> {
  const gone = new AbortController();
  void child.exited.then(({ code, signal }) =>
    gone.abort(new Error(`${name} ended before it was ready (${signal ?? `exit code ${code}`})`)),
  );
  try {
    return await waitFor(probe, { what: `${name} to be ready`, timeoutMs, signal: gone.signal });
  } catch (error) {
    await child.end("SIGKILL");
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n${lastLines(child.output())}`, { cause: error });
  }
}
