import type { SandboxResult } from "@gateway/engine";
import { openPythonSandbox, type PythonSandbox, type PythonSandboxOptions } from "../python-sandbox.ts";

/** A sandbox and a short way to run code in it. */
export interface CodeRunner extends AsyncDisposable {
  sandbox: PythonSandbox;
  /** Runs code in a container, the one called `c` where none is named. */
  run(code: string, container?: string): Promise<SandboxResult>;
}

/** Opens a sandbox with real processes and none kept ready. */
export function openRunner(options: PythonSandboxOptions = {}): CodeRunner {
  const sandbox = openPythonSandbox({ prewarm: 0, timeoutMs: 20_000, ...options });
  return {
    sandbox,
    run: (code, container = "c") => sandbox.run(container, { code, files: [] }, new AbortController().signal),
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
