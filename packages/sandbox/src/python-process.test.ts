import { waitFor } from "@gateway/testkit";
import { expect, test, vi } from "vitest";
import { PythonProcess } from "./python-process.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const nobody = new AbortController().signal;
const limits = {
  ...{ timeoutMs: 1000, memoryBytes: 512 * 2 ** 20 },
  ...{ maxLogChars: 1000, maxFiles: 5, maxFileBytes: 1000 },
};

test("a process that ends after its run's time was too slow, and one that is gone runs nothing", async () => {
  const python = new PythonProcess(limits);
  await python.whenReady();
  const from = performance.now();
  const refusing = "while True:\n  try:\n    while True: pass\n  except BaseException: pass";
  const running = python.run({ code: refusing, files: [] }, nobody);
  await waitFor(() => performance.now() - from > 2 * limits.timeoutMs, { what: "its time to be over" });
  process.kill(python.pid ?? 0, "SIGKILL");
  expect(await running).toMatchObject({ end: "timed_out" });
  expect(await python.run({ code: "1", files: [] }, nobody)).toMatchObject({ end: "crashed" });
});
