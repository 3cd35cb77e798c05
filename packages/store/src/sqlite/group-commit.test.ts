import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { GroupCommit } from "./group-commit.ts";

const dir = tempDir();
const storageError = { status: 500, code: "storage_error", type: "server_error" };
let files = 0;
let file: string;
let client: Database.Database;

beforeEach(() => {
  file = dir.join(`${++files}.db`);
  client = openClient();
  client.exec("CREATE TABLE t (n INTEGER UNIQUE)");
});

function openClient(): Database.Database {
  const opened = new Database(file, { timeout: 0 });
  onTestFinished(() => void opened.close());
  opened.pragma("journal_mode = WAL");
  return opened;
}

const insert = (n: number) => (): number => {
  client.prepare("INSERT INTO t VALUES (?)").run(n);
  return n;
};
const rows = (from = client): unknown[] => from.prepare("SELECT n FROM t ORDER BY rowid").pluck().all();

test("the writes of one turn are one transaction, in the order they were asked for", async () => {
  let commits = 0;
  const writer = new GroupCommit(client, { onCommit: () => commits++ });
  const written = [3, 1, 2].map((n) => writer.write(insert(n)));
  expect(rows()).toEqual([]);
  expect(await Promise.all(written)).toEqual([3, 1, 2]);
  expect(rows(openClient())).toEqual([3, 1, 2]);
  expect(commits).toBe(1);
});

test("a promise resolves only when another connection can see the write", async () => {
  const writer = new GroupCommit(client);
  const other = openClient();
  for (let n = 0; n < 20; n++) {
    await writer.write(insert(n));
    expect(rows(other)).toHaveLength(n + 1);
  }
});

test("under load, jobs that can wait share a commit over several turns; one that cannot takes them along", async () => {
  let commits = 0;
  const writer = new GroupCommit(client, { onCommit: () => commits++ });
  const done: number[] = [];
  const patient = (n: number): Promise<void> =>
    writer.write(insert(n), 0, true).then((value) => void done.push(value));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const all: Promise<void>[] = [];
  for (let n = 0; n < 200; n++) {
    all.push(patient(n));
    await turn();
  }
  all.push(patient(200));
  expect(await writer.write(insert(201))).toBe(201);
  expect(done).toHaveLength(201);
  await Promise.all(all);
  expect(rows()).toEqual(Array.from({ length: 202 }, (_, n) => n));
  expect(commits).toBeLessThan(200);
});

test("a job that can wait is committed when nothing else comes, and before the writer is closed", async () => {
  const writer = new GroupCommit(client);
  for (let n = 0; n < 40; n++) await writer.write(insert(n), 0, true);
  const last = writer.write(insert(40), 0, true);
  await writer.close();
  await last;
  expect(rows()).toHaveLength(41);
});

test("a large group is split, so that the event loop gets its turns", async () => {
  let commits = 0;
  const writer = new GroupCommit(client, { onCommit: () => commits++ });
  await Promise.all(Array.from({ length: 1000 }, (_, n) => writer.write(insert(n))));
  await Promise.all([writer.write(insert(1001), 1e6), writer.write(insert(1002), 1e6)]);
  expect(rows()).toHaveLength(1002);
  expect(commits).toBe(8 + 2);
});

test("of a group only the job that fails is rejected, and nothing of it is written", async () => {
  const writer = new GroupCommit(client);
  const half = (): void => {
    insert(10)();
    insert(1)();
  };
  const results = await Promise.allSettled([
    writer.write(insert(1)),
    writer.write(half),
    writer.write(insert(2)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(results[1]).toMatchObject({ reason: storageError });
  expect(rows()).toEqual([1, 2]);
});

describe("what takes part in every transaction", () => {
  /** Adds a row at the end of each transaction, unless told otherwise, and notes what becomes of it. */
  function attach(writer: GroupCommit): { told: string[]; fails: boolean } {
    const part = { told: [] as string[], fails: false };
    writer.attach({
      flush() {
        if (part.fails) throw new Error("cannot be flushed");
        insert(100 + part.told.length)();
      },
      committed: () => void part.told.push(`committed ${rows(openClient()).join(" ")}`),
      rolledBack: () => void part.told.push("rolled back"),
    });
    return part;
  }

  test("writes its own part last, and hears that it was committed before the jobs do", async () => {
    const writer = new GroupCommit(client);
    const { told } = attach(writer);
    await Promise.all([1, 2].map((n) => writer.write(insert(n)).then(() => told.push(`done ${n}`))));
    expect(told).toEqual(["committed 1 2 100", "done 1", "done 2"]);
  });

  test("hears that a group was rolled back, and takes part in each of its jobs", async () => {
    const writer = new GroupCommit(client);
    const { told } = attach(writer);
    await Promise.allSettled([1, 1, 2].map((n) => writer.write(insert(n))));
    expect(told).toEqual(["rolled back", "committed 1 101", "rolled back", "committed 1 101 2 103"]);
  });

  test("that fails lets nothing be written", async () => {
    const writer = new GroupCommit(client);
    const part = attach(writer);
    part.fails = true;
    const results = await Promise.allSettled([1, 2].map((n) => writer.write(insert(n))));
    expect(results).toMatchObject([{ reason: storageError }, { reason: storageError }]);
    expect(part.told).toEqual(["rolled back", "rolled back", "rolled back"]);
    expect(rows()).toEqual([]);
    part.fails = false;
    await writer.write(insert(3));
    expect(rows()).toEqual([3, 103]);
  });
});

test("a client is told nothing of the inside; the cause is kept for the log", async () => {
  const writer = new GroupCommit(client);
  const failed = writer.write(() => {
    throw new Database.SqliteError(`cannot read ${file}`, "SQLITE_IOERR");
  });
  const error: Error = await failed.catch((thrown) => thrown);
  expect(error).toMatchObject(storageError);
  expect(error.message).not.toContain(file);
  expect(error.cause).toMatchObject({ code: "SQLITE_IOERR" });
});

test("a job sees what earlier jobs of its group wrote", async () => {
  const writer = new GroupCommit(client);
  const [, seen] = await Promise.all([writer.write(insert(7)), writer.write(() => rows())]);
  expect(seen).toEqual([7]);
});

describe("when the database cannot be written", () => {
  test("a full disk rejects every job of the group, and writing works again when there is room", async () => {
    const writer = new GroupCommit(client);
    client.exec("CREATE TABLE large (text TEXT)");
    const pages = client.pragma("page_count", { simple: true });
    client.pragma(`max_page_count = ${pages}`);
    const large = () => client.prepare("INSERT INTO large VALUES (?)").run("x".repeat(100_000));
    const results = await Promise.allSettled([writer.write(large), writer.write(large)]);
    expect(results).toMatchObject([
      { status: "rejected", reason: { ...storageError, cause: { code: "SQLITE_FULL" } } },
      { status: "rejected", reason: storageError },
    ]);
    expect(client.inTransaction).toBe(false);
    client.pragma("max_page_count = 100000");
    await writer.write(large);
    expect(client.prepare("SELECT count(*) FROM large").pluck().get()).toBe(1);
  });

  test("a read-only database rejects, and can still be read", async () => {
    const writer = new GroupCommit(client);
    await writer.write(insert(1));
    client.pragma("query_only = ON");
    await expect(writer.write(insert(2))).rejects.toMatchObject({
      ...storageError,
      cause: { code: "SQLITE_READONLY" },
    });
    expect(rows()).toEqual([1]);
  });

  test("another program's write is waited for, without stopping the event loop, and the order stays", async () => {
    const writer = new GroupCommit(client);
    const other = openClient();
    other.exec("BEGIN IMMEDIATE");
    let settled = 0;
    const written = Array.from({ length: 300 }, (_, n) => writer.write(insert(n)).finally(() => settled++));
    let turns = 0;
    await waitFor(() => ++turns > 5, { what: "turns of the event loop" });
    const late = writer.write(insert(300));
    expect(settled).toBe(0);
    other.exec("COMMIT");
    await Promise.all([...written, late]);
    expect(rows()).toEqual(Array.from({ length: 301 }, (_, n) => n));
  });

  test("another program's write that does not end rejects after a while", async () => {
    const writer = new GroupCommit(client, { busyLimitMs: 30 });
    const other = openClient();
    other.exec("BEGIN IMMEDIATE");
    const results = await Promise.allSettled([writer.write(insert(1)), writer.write(insert(2))]);
    expect(results).toMatchObject([
      { reason: { ...storageError, cause: { code: "SQLITE_BUSY" } } },
      { reason: storageError },
    ]);
    other.exec("COMMIT");
    await writer.write(insert(3));
    expect(rows()).toEqual([3]);
  });

  test("a lock that is met long after another one is waited for again", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const writer = new GroupCommit(client);
    const other = openClient();
    other.exec("BEGIN IMMEDIATE");
    let cause: unknown;
    void writer.write(insert(1)).catch((error: Error) => {
      cause = error.cause;
    });
    await waitFor(
      () => {
        vi.advanceTimersByTime(100);
        return cause !== undefined;
      },
      { what: "the first lock to be too long", timeoutMs: 100_000 },
    );
    expect(cause).toMatchObject({ code: "SQLITE_BUSY" });
    other.exec("COMMIT");
    // Nobody writes for a long time; then there is another, short transaction.
    vi.advanceTimersByTime(60_000);
    other.exec("BEGIN IMMEDIATE");
    const short = writer.write(insert(2));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    other.exec("COMMIT");
    expect(await short).toBe(2);
  });

  test("a refusal rejects what is queued and writes nothing, until it is taken back", async () => {
    let reason: Error | undefined = new Error("the file is gone");
    const writer = new GroupCommit(client, { refusal: () => reason });
    const results = await Promise.allSettled([writer.write(insert(1)), writer.write(insert(2))]);
    expect(results).toMatchObject([{ reason: { ...storageError, cause: reason } }, { reason: storageError }]);
    expect(rows()).toEqual([]);
    reason = undefined;
    await writer.write(insert(3));
    expect(rows()).toEqual([3]);
    reason = new Error("gone again");
    await writer.close();
  });
});

test("while commits are held nothing is written and nothing is lost", async () => {
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  let held = true;
  const writer = new GroupCommit(client, { hold: () => (held ? hold : undefined) });
  const written = writer.write(insert(1));
  await new Promise(setImmediate);
  const later = writer.write(insert(2));
  await new Promise(setImmediate);
  expect(rows()).toEqual([]);
  held = false;
  release();
  await Promise.all([written, later]);
  expect(rows()).toEqual([1, 2]);
});

describe("with a sync after each commit", () => {
  test("jobs resolve when it is done, while the next ones are committed", async () => {
    const syncs: PromiseWithResolvers<void>[] = [];
    const sync = (): Promise<void> => {
      const next = Promise.withResolvers<void>();
      syncs.push(next);
      return next.promise;
    };
    const writer = new GroupCommit(client, { sync });
    const resolved: number[] = [];
    const first = writer.write(insert(1)).then((n) => resolved.push(n));
    await waitFor(() => syncs.length === 1, { what: "the first commit" });
    const second = writer.write(insert(2)).then((n) => resolved.push(n));
    await waitFor(() => syncs.length === 2, { what: "the second commit" });
    expect(resolved).toEqual([]);
    syncs[0]?.resolve();
    await first;
    expect(resolved).toEqual([1]);
    syncs[1]?.resolve();
    await second;
  });

  test("a sync that fails rejects its jobs", async () => {
    const writer = new GroupCommit(client, { sync: () => Promise.reject(new Error("EIO")) });
    const results = await Promise.allSettled([writer.write(insert(1)), writer.write(insert(2))]);
    expect(results).toMatchObject([{ reason: storageError }, { reason: storageError }]);
  });
});

test("closing writes what is queued and takes no more", async () => {
  const writer = new GroupCommit(client);
  const written = Array.from({ length: 500 }, (_, n) => writer.write(insert(n)));
  const closed = writer.close();
  await expect(writer.write(insert(1000))).rejects.toMatchObject(storageError);
  await closed;
  expect(rows()).toHaveLength(500);
  await Promise.all(written);
});
