import { createHash } from "node:crypto";
import type { SandboxFile } from "@gateway/engine";
import { waitFor } from "@gateway/testkit";
import { expect, test, vi } from "vitest";
import { openRunner } from "./testing/run-code.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const nobody = new AbortController().signal;

function fileOf(path: string, content: string, reads: string[] = []): SandboxFile {
  return {
    path,
    bytes: content.length,
    hash: createHash("sha256").update(content).digest("hex"),
    async read() {
      reads.push(path);
      return (async function* () {
        yield new TextEncoder().encode(content);
      })();
    },
  };
}

test("files are put in place once, changed ones again, and those that are gone are removed", async () => {
  await using runner = openRunner();
  const reads: string[] = [];
  const look = "import os; print({n: open(n).read() for n in sorted(os.listdir())})";
  const run = (...files: SandboxFile[]) => runner.sandbox.run("c", { code: look, files }, nobody);
  const [a, b] = [fileOf("a", "1", reads), fileOf("b", "2", reads)];
  expect(await run(a, b)).toMatchObject({ logs: "{'a': '1', 'b': '2'}\n", changed: [], removed: [] });
  expect(await run(fileOf("a", "one", reads), b)).toMatchObject({ logs: "{'a': 'one', 'b': '2'}\n" });
  expect(await run(b)).toMatchObject({ logs: "{'b': '2'}\n", changed: [], removed: [] });
  expect(reads).toEqual(["a", "b", "a"]);
});

test("what code writes, changes and removes is told, and not sent back to it", async () => {
  await using runner = openRunner();
  const reads: string[] = [];
  const given = [fileOf("keep", "k", reads), fileOf("change", "c", reads), fileOf("drop", "d", reads)];
  const code =
    "import os\nos.makedirs('d/e')\nopen('d/e/new', 'w').write('n')\nopen('change', 'w').write('other')\nos.remove('drop')\nopen('keep', 'w').write('k')";
  const { changed, removed } = await runner.sandbox.run("c", { code, files: given }, nobody);
  const texts = changed.map(({ path, content }) => [path, Buffer.from(content).toString()]);
  expect(texts).toEqual([
    ["change", "other"],
    ["d/e/new", "n"],
  ]);
  expect(removed).toEqual(["drop"]);
  const now = [fileOf("keep", "k", reads), fileOf("change", "other", reads), fileOf("d/e/new", "n", reads)];
  expect(await runner.sandbox.run("c", { code: "1", files: now }, nobody)).toMatchObject({
    changed: [],
    removed: [],
  });
  expect(reads).toEqual(["keep", "change", "drop"]);
});

test("files beyond the limits are named and not handed over", async () => {
  await using runner = openRunner({ maxFiles: 2, maxFileBytes: 100 });
  const { changed, lost } = await runner.run(
    "for n, size in [('a', 60), ('b', 50), ('c', 1)]: open(n, 'wb').write(bytes(size))",
  );
  expect(changed.map(({ path }) => path)).toEqual(["a"]);
  expect(lost).toEqual([
    { path: "b", why: "too_large" },
    { path: "c", why: "too_many" },
  ]);
});

test("a file's source that fails is thrown as it is, and the next run has a fresh interpreter", async () => {
  await using runner = openRunner();
  const broken = { ...fileOf("a", "1"), read: () => Promise.reject(new Error("no such content")) };
  await expect(runner.sandbox.run("c", { code: "1", files: [broken] }, nobody)).rejects.toThrow(
    "no such content",
  );
  expect(await runner.run("1")).toMatchObject({ fresh: true, logs: "1\n" });
});

test("one is kept ready, a container takes it, and another one takes its place", {
  timeout: 60_000,
}, async () => {
  await using runner = openRunner({ prewarm: 1 });
  await runner.sandbox.warmUp();
  const [ready] = runner.sandbox.pids;
  expect(runner.sandbox.pids).toHaveLength(1);
  await runner.run("1");
  await runner.sandbox.warmUp();
  expect(runner.sandbox.pids).toHaveLength(2);
  expect(runner.sandbox.pids).toContain(ready);
});

test("those kept ready that have died are started anew, all of them", async () => {
  await using runner = openRunner({ prewarm: 2 });
  await runner.sandbox.warmUp();
  const dead = runner.sandbox.pids;
  for (const pid of dead) process.kill(pid, "SIGKILL");
  await waitFor(() => runner.sandbox.pids.length === 0, { what: "both to end" });
  await runner.sandbox.warmUp();
  expect(runner.sandbox.pids).toHaveLength(2);
  expect(runner.sandbox.pids.filter((pid) => dead.includes(pid))).toEqual([]);
});

test("for a container too many the one unused for longest is put away", async () => {
  await using runner = openRunner({ maxContainers: 2 });
  await runner.run("x = 'a'", "a");
  await runner.run("x = 'b'", "b");
  await runner.run("x", "a");
  await runner.run("1", "c");
  expect(await runner.run("x", "a")).toMatchObject({ logs: "'a'\n", fresh: false });
  await waitFor(() => runner.sandbox.pids.length === 2, { what: "the third process to end" });
  expect(await runner.run("'x' in globals()", "b")).toMatchObject({ logs: "False\n", fresh: true });
});

test("while all are busy a run waits, and is refused after its time", async () => {
  await using runner = openRunner({ maxContainers: 1, waitMs: 300, timeoutMs: 3_000 });
  const long = runner.run("import time; time.sleep(60)", "a");
  await waitFor(() => runner.sandbox.pids.length === 1, { what: "the first process to start" });
  await expect(runner.run("1", "b")).rejects.toThrow("all code interpreters of this server are busy");
  expect((await long).end).toBe("timed_out");
  expect(await runner.run("1", "b")).toMatchObject({ logs: "1\n" });
});

test("a process with nothing to do is ended after its time", async () => {
  await using runner = openRunner({ idleMs: 50 });
  await runner.run("x = 1");
  await waitFor(() => runner.sandbox.pids.length === 0, { what: "the process to end" });
  expect(await runner.run("'x' in globals()")).toMatchObject({ logs: "False\n", fresh: true });
});

test("a container that is ended begins anew, and a closed sandbox runs nothing", {
  timeout: 60_000,
}, async () => {
  await using runner = openRunner();
  await runner.run("x = 1");
  await runner.sandbox.end("c");
  expect(await runner.run("'x' in globals()")).toMatchObject({ logs: "False\n", fresh: true });
  await runner.sandbox.close();
  expect(runner.sandbox.pids).toEqual([]);
  await expect(runner.run("1")).rejects.toThrow("closed");
});
