import { expect, test } from "vitest";
import { PythonRun } from "./python-run.ts";
import { isSafePath } from "./safe-path.ts";

const limits = { timeoutMs: 1000, maxLogChars: 10, maxFiles: 2, maxFileBytes: 10 };
const nothing = new Uint8Array(0);

function take(...heads: unknown[]): Promise<unknown> {
  const run = new PythonRun(limits);
  for (const head of heads) run.take({ head, body: nothing });
  return run.result;
}

test("what a process says in order becomes the outcome", async () => {
  const run = new PythonRun(limits);
  const content = new Uint8Array([1, 2]);
  run.take({ head: { type: "log", text: "a" }, body: nothing });
  run.take({ head: { type: "file", path: "d/x.bin" }, body: content });
  run.take({ head: { type: "removed", path: "y" }, body: nothing });
  run.take({ head: { type: "lost", path: "z", why: "too_large" }, body: nothing });
  expect(run.answered).toBe(false);
  run.take({ head: { type: "done", end: "failed" }, body: nothing });
  expect(run.answered).toBe(true);
  expect(await run.result).toEqual({
    end: "failed",
    logs: "a",
    changed: [{ path: "d/x.bin", content }],
    removed: ["y"],
    lost: [{ path: "z", why: "too_large" }],
  });
});

test.each([
  [null],
  ["done"],
  [{ type: "log" }],
  [{ type: "log", text: 5 }],
  [{ type: "done", end: "out_of_memory" }],
  [{ type: "ready" }],
  [{ type: "eval", code: "1" }],
])("%j is not believed", (head) => {
  expect(() => take(head)).toThrow("out of turn");
});

test("more files, bytes or messages than were agreed on are not believed", () => {
  const file = (name: string) => ({ type: "file", path: name });
  expect(() => take(file("a"), file("b"), file("c"))).toThrow("too many files");
  const run = new PythonRun(limits);
  expect(() => run.take({ head: file("a"), body: new Uint8Array(11) })).toThrow("too large files");
  const flood = new PythonRun(limits);
  const log = { head: { type: "log", text: "" }, body: nothing };
  expect(() => {
    for (let count = 0; count < 30_000; count++) flood.take(log);
  }).toThrow("too many messages");
});

test("output is bounded, whatever the process sends", async () => {
  const run = new PythonRun(limits);
  for (let count = 0; count < 100; count++)
    run.take({ head: { type: "log", text: "x".repeat(1000) }, body: nothing });
  run.end("timed_out");
  expect((await run.result).logs.length).toBeLessThan(300);
});

test.each(["a", "a.txt", "dir/a b.txt", "ä/🎉", ".hidden"])("%j is a path within the directory", (path) => {
  expect(isSafePath(path)).toBe(true);
});

test.each([
  "",
  "/",
  "/etc/passwd",
  "../x",
  "a/../../x",
  "a//b",
  "./a",
  "a/.",
  "a\\b",
  "a\0b",
  "a\nb",
  "x".repeat(600),
  5,
  null,
])("%j is none", (path) => {
  expect(isSafePath(path)).toBe(false);
});
