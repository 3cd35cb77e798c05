import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { StoreError } from "../errors.ts";
import { openStore } from "./open-store.ts";
import { lockForWriting } from "./writer-lock.ts";

const dir = tempDir();

test("a second open in the same process is refused until the first is closed", async () => {
  const path = dir.join("one.db");
  const first = openStore({ path });
  expect(() => openStore({ path })).toThrow(StoreError);
  expect(() => openStore({ path })).toThrow(/one\.db is in use by another gateway.*store\.path/);
  await first.close();
  await openStore({ path }).close();
});

test("the same file by another spelling is refused too", async () => {
  mkdirSync(dir.join("real"));
  symlinkSync(dir.join("real"), dir.join("link"));
  const store = openStore({ path: dir.join("real", "two.db") });
  onTestFinished(() => store.close());
  symlinkSync(dir.join("real", "two.db"), dir.join("two-link.db"));
  for (const spelling of [
    dir.join("link", "two.db"),
    dir.join("two-link.db"),
    dir.join("real", ".", "two.db"),
  ]) {
    expect(() => openStore({ path: spelling })).toThrow(/in use/);
  }
});

test("an open that fails lets the lock go", async () => {
  const path = dir.join("three.db");
  mkdirSync(path);
  expect(() => openStore({ path })).toThrow(/Cannot open the database .*three\.db/);
  lockForWriting(path).release();
});

test("the lock leaves one empty file and no journal", () => {
  const file = dir.join("four.db");
  const lock = lockForWriting(file);
  expect(readdirSync(dir.path).filter((name) => name.startsWith("four"))).toEqual(["four.db-lock"]);
  lock.release();
});

test("a directory that cannot be made is named, with what to do", () => {
  const path = dir.join("four.db-lock", "below", "a.db");
  expect(() => openStore({ path })).toThrow(/Cannot create the directory .*below.*store\.path/);
});
