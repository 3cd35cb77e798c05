import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";

/** Whether a process runs our program: its id may have been given to another. */
function runs(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, "utf8").includes("sandbox-process");
}

test.runIf(process.platform === "linux")(
  "code that runs ends when the gateway is killed",
  { timeout: 120_000 },
  async () => {
    const program = fileURLToPath(new URL("./testing/loop-forever.ts", import.meta.url));
    const child = await startChild({ command: process.execPath, args: [program], env: cleanEnv() });
    await waitFor(() => child.stdout().includes("\n"), { what: "code to run", timeoutMs: 100_000 });
    const pid = Number(child.stdout().trim());
    expect(runs(pid)).toBe(true);
    await child.end("SIGKILL");
    await waitFor(() => !runs(pid), { what: "the process to end", timeoutMs: 15_000 });
  },
);
