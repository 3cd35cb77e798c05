import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { readsProcesses } from "./process-cost.ts";
import { childOf, watchPeak } from "./process-peak.ts";

test.runIf(readsProcesses)("a peak between two looks is seen, one before the watch is not", () => {
  const fill = (megabytes: number): number => Buffer.alloc(megabytes * 2 ** 20, 1).length;
  const idle = watchPeak(process.pid)() ?? 0;
  const peak = watchPeak(process.pid);
  fill(64);
  expect(peak()).toBeGreaterThan(idle + 32);
});

test.runIf(readsProcesses)("a child is found by its parent and a word of its command line", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "bench-marker"]);
  try {
    await once(child, "spawn");
    expect(childOf(process.pid, "bench-marker")).toBe(child.pid);
    expect(childOf(process.pid, "bench-other-marker")).toBeUndefined();
    expect(childOf(child.pid ?? 0, "bench-marker")).toBeUndefined();
  } finally {
    child.kill();
    await once(child, "exit");
  }
});

test("of a process that there is not, nothing is known", () => {
  expect(watchPeak(2 ** 30)()).toBeUndefined();
  expect(childOf(2 ** 30, "node")).toBeUndefined();
});
