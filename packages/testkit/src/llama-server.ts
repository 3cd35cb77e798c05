import { join } from "node:path";
import { cleanEnv } from "./clean-env.ts";
import { pythonWith } from "./parts.ts";
import { testkitDir } from "./repo-paths.ts";
import { lastLines, startChild, untilReady } from "./running-child.ts";

/** Settings of `startLlamaServer`; all may be left out. */
export interface LlamaServerOptions {
  /** Bearer key that callers must send; without it the server is open. */
  apiKey?: string;
  /** Serves `/v1/embeddings` (mean pooling) instead of chat; false when left out. */
  embedding?: boolean;
  /** Name of the model; "parrot" when left out. */
  model?: string;
}

/** A running llama-server. */
export interface LlamaServer extends AsyncDisposable {
  readonly pid: number;
  /** Base address of the OpenAI-compatible API; ends in "/v1". */
  readonly url: string;
  /** Name of the model it serves. */
  readonly model: string;
  /** Lines of the server's log. */
  logs(): string[];
  /** Ends the server. Stopping twice is no error. @throws Error with the log when it had crashed. */
  stop(): Promise<void>;
}

/** The model the tests use; models/README.md says what it can do. */
export const parrotFile: string = join(testkitDir, "models", "parrot.gguf");

/**
 * Starts a real llama-server with the parrot model and waits until it listens.
 *
 * @throws Error with the reason when the part "llama-server" is missing (see `describeWith`), and with the log
 *   when the server does not start.
 */
export async function startLlamaServer(options: LlamaServerOptions = {}): Promise<LlamaServer> {
  const { apiKey = "", embedding = false, model = "parrot" } = options;
  const python = pythonWith("llama-server");
  const settings = { model_file: parrotFile, model, api_key: apiKey, embedding };
  const child = await startChild({
    command: python.executable,
    args: [join(testkitDir, "src", "llama-server.py"), JSON.stringify(settings)],
    env: cleanEnv({ PYTHONPATH: python.path }),
  });
  const line = await untilReady(
    child,
    "llama-server",
    () => /^\{"listening".*\}$/m.exec(child.stdout())?.[0],
    30_000,
  );
  const { listening } = JSON.parse(line) as { listening: string };

  const stop = async (): Promise<void> => {
    // It ends by itself when its input does; the signal is for one that no longer listens.
    child.process.stdin?.end();
    const impatient = setTimeout(() => child.kill("SIGKILL"), 5000);
    const { code, signal } = await child.exited;
    clearTimeout(impatient);
    if (code !== 0)
      throw new Error(
        `llama-server ended with ${signal ?? `exit code ${code}`}\n${lastLines(child.output())}`,
      );
  };
  return {
    pid: child.pid,
    url: `${listening}/v1`,
    model,
    logs: () => child.output().split("\n"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
