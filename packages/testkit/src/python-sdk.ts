import { cleanEnv } from "./clean-env.ts";
import { pythonWith } from "./parts.ts";
import { lastLines, startChild } from "./running-child.ts";

/** Settings of `runPython`; all may be left out. */
export interface PythonOptions {
  /** Added to a clean environment; the SDK reads `OPENAI_BASE_URL` and `OPENAI_API_KEY`. */
  env?: Record<string, string>;
  /** Arguments, `sys.argv[1:]` in the script. */
  args?: readonly string[];
  /** The script is killed after this many milliseconds; 60,000 when left out. */
  timeoutMs?: number;
}

/** What a script wrote and how it ended; `code` is null when a signal ended it. */
export interface PythonResult {
  stdout: string;
  stderr: string;
  code: number | null;
}

/**
 * Runs Python source text with the OpenAI Python SDK importable. A script that fails is a result, not an
 * error: look at `code`.
 *
 * @throws Error with the reason when the part "openai-python" is missing (see `describeWith`), and with the
 *   script's output when it takes longer than `timeoutMs`.
 */
export async function runPython(script: string, options: PythonOptions = {}): Promise<PythonResult> {
  const { env = {}, args = [], timeoutMs = 60_000 } = options;
  const python = pythonWith("openai-python");
  const child = await startChild({
    command: python.executable,
    args: ["-", ...args],
    env: cleanEnv({ PYTHONPATH: python.path, PYTHONUNBUFFERED: "1", ...env }),
    input: script,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  if (late)
    throw new Error(`The Python script was killed after ${timeoutMs} ms\n${lastLines(child.output())}`);
  return { stdout: child.stdout(), stderr: child.stderr(), code };
}
