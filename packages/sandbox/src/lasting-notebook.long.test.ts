import { afterAll, expect, test, vi } from "vitest";
import { openRunner } from "./testing/run-code.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const { sandbox, run } = openRunner({ timeoutMs: 3_000 });
afterAll(() => sandbox.close());

test.each([
  ["closes its streams", "sys.stdout.close(); sys.stderr.close()"],
  ["has no streams", "sys.stdout = sys.stderr = sys.__stdout__ = None"],
  ["closes the system's streams", "os.closerange(0, 10)"],
  ["puts a file in place of a stream", "os.dup2(os.open('/tmp/x', os.O_CREAT | os.O_WRONLY), 1)"],
  ["removes the streams' devices", "import shutil; shutil.rmtree('/dev')"],
])("code that %s is heard in the next run", async (_, code) => {
  await run("import os, sys; x = 41");
  expect(await run(code)).toMatchObject({ alive: true });
  expect(await run("print('heard')\nx")).toMatchObject({
    end: "completed",
    logs: "heard\n41\n",
    fresh: false,
  });
});

test.each([
  ["puts its own functions in place of Python's", "builtins.repr = builtins.isinstance = lambda *a: 1/0"],
  [
    "breaks the modules that run it",
    "import ast, asyncio, linecache, traceback, io\nast.Expression = ast.parse = asyncio.all_tasks = asyncio.current_task = linecache.cache = traceback.format_exception = io.TextIOWrapper = None",
  ],
  ["empties its namespace", "kept = x; globals().clear()"],
])("code that %s does no harm to the next run", async (_, code) => {
  const container = code.slice(0, 60);
  await run("import builtins; x = 41", container);
  expect(await run(code, container)).toMatchObject({ alive: true });
  expect(await run("print('heard')\n42", container)).toMatchObject({
    ...{ end: "completed", logs: "heard\n42\n", fresh: false },
  });
  expect(await run("1 / 0", container)).toMatchObject({
    ...{ end: "failed", alive: true },
    logs: expect.stringContaining("ZeroDivisionError"),
  });
});

test("a print that the code has taken away is missed by the code alone", async () => {
  await run("import builtins, sys; x = 41; builtins.print = None; sys.stdout = None", "print");
  expect(await run("print(1)", "print")).toMatchObject({ end: "failed", alive: true });
  expect(await run("x", "print")).toMatchObject({ end: "completed", logs: "41\n" });
});

test("what a run has written and not flushed is told with it", async () => {
  expect((await run("import sys; sys.stdout.buffer.write(b'raw')\nNone")).logs).toBe("raw");
  expect((await run("print('next')")).logs).toBe("next\n");
});

test("a run that hears the end of its time only the second time keeps its state", async () => {
  await run("import asyncio; x = 41");
  const code = "try:\n    await asyncio.sleep(60)\nexcept BaseException:\n    pass\nawait asyncio.sleep(60)";
  expect(await run(code)).toMatchObject({ end: "timed_out", alive: true });
  expect(await run("x")).toMatchObject({ logs: "41\n", fresh: false });
});
