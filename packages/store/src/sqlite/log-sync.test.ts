import { writeFileSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import { expect, test } from "vitest";
import { LogSync } from "./log-sync.ts";

const dir = tempDir();

function openLog(name: string): LogSync {
  writeFileSync(dir.join(`${name}-wal`), "frames");
  return new LogSync(dir.join(name));
}

test("calls made while a sync runs share the next one", async () => {
  const log = openLog("shared");
  const first = log.sync();
  expect(log.sync()).toBe(first);
  let running = true;
  const done = first.then(() => {
    running = false;
  });
  // The first sync begins in a microtask; what comes after that needs another one.
  await Promise.resolve();
  const second = log.sync();
  expect(running).toBe(true);
  expect(second).not.toBe(first);
  expect(log.sync()).toBe(second);
  await Promise.all([done, second]);
  log.close();
});

test("once a sync has failed every later one is rejected", async () => {
  const log = openLog("broken");
  await log.sync();
  log.close();
  await expect(log.sync()).rejects.toMatchObject({ code: "EBADF" });
  await expect(log.sync()).rejects.toMatchObject({ code: "EBADF" });
});

test("a database without a log cannot be synced", () => {
  expect(() => new LogSync(dir.join("missing"))).toThrow(/ENOENT/);
});
