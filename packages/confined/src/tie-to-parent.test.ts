import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { tieToParent } from "./tie-to-parent.ts";

/** Whether a process runs our program: its id may have been given to another. */
function runs(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, "utf8").includes("testing/endless");
}

test.runIf(tieToParent().length > 0)(
  "a process that computes without end does not outlive the one that has started it and was killed",
  async () => {
    const program = fileURLToPath(new URL("./testing/start-endless.ts", import.meta.url));
    const parent = await startChild({ command: process.execPath, args: [program], env: cleanEnv() });
    await waitFor(() => parent.stdout().includes("\n"), { what: "the process to start" });
    const pid = Number(parent.stdout().trim());
    onTestFinished(() => {
      if (runs(pid)) process.kill(pid, "SIGKILL");
    });
    await waitFor(() => runs(pid), { what: "the program to run" });
    await parent.end("SIGKILL");
    await waitFor(() => !runs(pid), { what: "the process to end" });
  },
);

test("where there is nothing that ties a process to its parent it is started as it is", () => {
  expect(tieToParent("/nowhere/setpriv")).toEqual([]);
  // A program of that name that knows no such option.
  expect(tieToParent("/bin/false")).toEqual([]);
});
