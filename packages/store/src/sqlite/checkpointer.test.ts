import { statSync } from "node:fs";
import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Checkpointer } from "./checkpointer.ts";
import { GroupCommit } from "./group-commit.ts";
import { ThreadGoneError } from "./maintenance-thread.ts";

const dir = tempDir();
const limitBytes = 512 * 1024;
let files = 0;
let file: string;
let client: Database.Database;
let checkpointer: Checkpointer;
let writer: GroupCommit;
let problems: Error[];

beforeEach(() => {
  file = dir.join(`${++files}.db`);
  client = new Database(file);
  client.pragma("journal_mode = WAL");
  client.pragma("synchronous = NORMAL");
  client.exec("CREATE TABLE t (text TEXT)");
});

afterEach(async () => {
  await writer.close();
  await checkpointer.stop();
  client.close();
});

function start(intervalMs: number, checkpointed = file): void {
  problems = [];
  checkpointer = new Checkpointer(client, checkpointed, {
    limitBytes,
    stepBytes: limitBytes / 4,
    intervalMs,
    onProblem: (problem) => problems.push(problem),
  });
  writer = new GroupCommit(client, {
    hold: () => checkpointer.hold,
    onCommit: (bytes) => checkpointer.wrote(bytes),
  });
}

/** Writes so many rows of 4 KB, ten at a time, and gives the largest size the log had. */
async function writeRows(count: number): Promise<number> {
  let largest = 0;
  const text = "x".repeat(4000);
  for (let n = 0; n < count; n += 10) {
    const insert = () =>
      writer.write(() => client.prepare("INSERT INTO t VALUES (?)").run(text), text.length);
    await Promise.all(Array.from({ length: 10 }, insert));
    largest = Math.max(largest, logBytes());
  }
  return largest;
}

const logBytes = (): number => statSync(`${file}-wal`).size;

test("the log stays bounded while ten times its limit is written without a pause", async () => {
  start(60_000);
  const largest = await writeRows(3000);
  expect(statSync(file).size).toBeGreaterThan(10 * limitBytes);
  expect(largest).toBeLessThan(3 * limitBytes);
  expect(problems).toEqual([]);
});

test("a reader that stays does not stop the writer, and the log gets small again when it has gone", async () => {
  start(60_000);
  const reader = new Database(file, { readonly: true });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM t").get();
  await writeRows(1000);
  expect(logBytes()).toBeGreaterThan(4 * limitBytes);
  reader.close();
  await writeRows(1000);
  expect(logBytes()).toBeLessThan(3 * limitBytes);
  expect(problems).toEqual([]);
});

test("a single write is moved into the database after the interval", async () => {
  start(10);
  const before = statSync(file).size;
  await writeRows(10);
  await waitFor(() => statSync(file).size > before, { what: "the checkpoint" });
});

test("after a deletion the log is emptied", async () => {
  start(10);
  await writeRows(10);
  expect(logBytes()).toBeGreaterThan(0);
  checkpointer.erased();
  await waitFor(() => logBytes() === 0, { what: "the log to be emptied" });
});

test("without its thread it says so once, and SQLite's own checkpoints keep the log bounded", async () => {
  start(10, dir.join("missing", "nothing.db"));
  await writeRows(10);
  await waitFor(() => problems.length > 0, { what: "the problem to be reported" });
  const largest = await writeRows(5000);
  expect(largest).toBeLessThan(3 * 1000 * 4096);
  expect(problems).toEqual([expect.any(ThreadGoneError)]);
});
