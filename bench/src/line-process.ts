import { join } from "node:path";
import { cleanEnv, type RunningChild, startChild } from "@gateway/testkit";

/** A process that speaks in JSON lines on its standard output. */
export interface LineProcess {
  readonly pid: number;
  /**
   * The next line it writes, parsed.
   * @throws Error with what the process wrote when it ends, or is silent for `timeoutMs`, before that.
   */
  nextLine(timeoutMs?: number): Promise<unknown>;
  /** Writes a line to its standard input. */
  send(message: unknown): void;
  stop(): Promise<void>;
}

/** Starts a file of this folder under this Node; it does not outlive this process. */
export async function startLineProcess(file: string, env: Record<string, string> = {}): Promise<LineProcess> {
  const child = await startChild({
    command: process.execPath,
    args: [join(import.meta.dirname, file)],
    env: cleanEnv(env),
  });
  return readLines(child, file);
}

/** A server of the bench: its process and its address. */
export interface BenchServer {
  readonly pid: number;
  /** "http://127.0.0.1:port". */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts a file of this folder that calls `announce`, and waits until it listens. */
export async function startServer(file: string, env: Record<string, string> = {}): Promise<BenchServer> {
  const child = await startLineProcess(file, env);
  const { port } = (await child.nextLine()) as { port: number };
  return { pid: child.pid, origin: `http://127.0.0.1:${port}`, stop: child.stop };
}

function readLines(child: RunningChild, name: string): LineProcess {
  const lines: string[] = [];
  let waiting: (() => void) | undefined;
  let open = "";
  child.process.stdout?.on("data", (bytes: Buffer) => {
    const parts = (open + bytes.toString()).split("\n");
    open = parts.pop() ?? "";
    lines.push(...parts);
    waiting?.();
  });
  void child.exited.then(() => waiting?.());
  return {
    pid: child.pid,
    async nextLine(timeoutMs = 120_000) {
      const deadline = AbortSignal.timeout(timeoutMs);
      while (lines.length === 0) {
        if (child.hasExited()) throw new Error(`${name} has ended:\n${child.output()}`);
        if (deadline.aborted) throw new Error(`${name} was silent for ${timeoutMs} ms:\n${child.output()}`);
        await new Promise<void>((resolve) => {
          waiting = resolve;
          deadline.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      return JSON.parse(lines.shift() as string);
    },
    send(message) {
      child.process.stdin?.write(`${JSON.stringify(message)}\n`);
    },
    async stop() {
      child.process.stdin?.end();
      await child.end();
    },
  };
}
