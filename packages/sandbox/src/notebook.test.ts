import { afterAll, expect, test, vi } from "vitest";
import { openRunner } from "./testing/run-code.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const { sandbox, run } = openRunner({ maxLogChars: 1000, timeoutMs: 3_000 });
afterAll(() => sandbox.close());

test("a run shows what is printed, on both streams in their order, and the value of its last expression", async () => {
  const result = await run(`
import sys
print("one")
print("two", file=sys.stderr)
print("three")
[1, 2]`);
  expect(result).toMatchObject({ end: "completed", logs: "one\ntwo\nthree\n[1, 2]\n", alive: true });
});

test("what a run defines is there in the next one, and a value of None is not shown", async () => {
  await run("x = 41\ndef next(): return x + 1");
  expect(await run("next()")).toMatchObject({ logs: "42\n", fresh: false });
  expect(await run("_")).toMatchObject({ logs: "42\n" });
  expect(await run("None")).toMatchObject({ logs: "" });
});

test("an exception is told with the lines of the code only", async () => {
  const { end, logs } = await run("def f():\n    return 1 / 0\nf()");
  expect(end).toBe("failed");
  expect(logs).toMatch(
    /^Traceback \(most recent call last\):\n {2}File "cell \d+", line 3, in <module>\n {4}f\(\)/,
  );
  expect(logs).toMatch(/ZeroDivisionError: division by zero\n$/);
  expect(logs).not.toContain("<exec>");
  expect((await run("def broken(")).logs).toMatch(/SyntaxError: '\(' was never closed\n$/);
});

test("await works at the top, and so does asyncio.run()", async () => {
  expect((await run("import asyncio\nawait asyncio.sleep(0.01)\n'slept'")).logs).toBe("'slept'\n");
  const code = "async def main():\n    await asyncio.sleep(0.01)\n    return 7\nasyncio.run(main())";
  expect((await run(code)).logs).toBe("7\n");
});

test.each([
  ["exit()", "completed", ""],
  ["import sys; sys.exit(3)", "failed", "SystemExit: 3\n"],
  ["raise SystemExit('so long')", "failed", "SystemExit: so long\n"],
  ["quit()", "completed", ""],
])("%s ends the run and not the interpreter", async (code, end, logs) => {
  expect(await run(code)).toMatchObject({ end, logs, alive: true });
});

test("what a task raises that nobody waits for does not end the interpreter", async () => {
  const code =
    "async def leave(): raise SystemExit(1)\nt = asyncio.create_task(leave())\nawait asyncio.sleep(0.05)\n'on'";
  expect(await run(`import asyncio\n${code}`)).toMatchObject({ end: "completed", alive: true });
  expect((await run("'still there'")).logs).toBe("'still there'\n");
});

test("tasks do not outlive their run", async () => {
  const code =
    "count = 0\nasync def tick():\n    global count\n    while True:\n        count += 1\n        await asyncio.sleep(0)";
  await run(`import asyncio\n${code}\nt = asyncio.create_task(tick())\nawait asyncio.sleep(0.01)`);
  const before = (await run("count")).logs;
  await run("await asyncio.sleep(0.05)");
  expect((await run("count")).logs).toBe(before);
});

test("a run is interrupted when its time is over, and its state is kept", async () => {
  await run("kept = 'kept'");
  for (const code of [
    "while True: pass",
    "import time; time.sleep(60)",
    "import asyncio; await asyncio.sleep(60)",
  ]) {
    expect(await run(code)).toMatchObject({
      end: "timed_out",
      logs: expect.stringContaining("Interrupted: the time limit was reached."),
      alive: true,
    });
  }
  expect(await run("kept")).toMatchObject({ logs: "'kept'\n", fresh: false });
});

test("too much output loses its middle", async () => {
  const { logs } = await run("print('a' * 5000 + 'end')");
  expect(logs.length).toBeLessThan(1200);
  expect(logs).toMatch(/^a{800}\n\[… \d+ characters left out …\]\na+end\n$/);
});

test("a run whose code puts other streams in place is heard in the next", async () => {
  await run("import sys, io; sys.stdout = sys.stderr = io.StringIO(); print('lost')");
  expect((await run("print('heard')")).logs).toBe("heard\n");
});

test("input() ends in an error, not in waiting", async () => {
  expect((await run("input('name? ')")).end).toBe("failed");
});

test("runs at the same time in one container come one after the other", async () => {
  const [first, second] = await Promise.all([run("order = ['a']; order"), run("order.append('b'); order")]);
  expect([first.logs, second.logs]).toEqual(["['a']\n", "['a', 'b']\n"]);
});
