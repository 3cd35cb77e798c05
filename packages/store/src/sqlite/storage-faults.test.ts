import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cleanEnv, type RunningChild, startChild, tempDir, waitFor } from "@gateway/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleBatch, sampleEvents } from "../contract/sample-events.ts";
import { sampleConversation, sampleRecord, textsOf } from "../contract/sample-records.ts";
import { createSealer } from "../sealer.ts";
import type { Store } from "../store.ts";
import type { Database } from "./database.ts";
import { openFileDatabase } from "./file-database.ts";
import { openStore } from "./open-store.ts";
import { SqliteStore } from "./sqlite-store.ts";

const dir = tempDir();
const storageError = { status: 500, code: "storage_error" };
let files = 0;

function newFile(): string {
  return dir.join(`${++files}`, "gateway.db");
}

/** A store in a file, and the database below it. */
function openInside(path: string): { store: Store; database: Database } {
  const database = openFileDatabase({
    path,
    synchronous: "normal",
    walLimitBytes: 1024 * 1024,
    checkpointIntervalMs: 5,
    onProblem: () => {},
  });
  const store = new SqliteStore(database, createSealer(new Uint8Array(32)), () => {});
  onTestFinished(() => store.close());
  return { store, database };
}

/** Runs a program in another process, with this package's exports as `store` and better-sqlite3 as `Database`. */
function startElsewhere(
  program: string,
  wrap: (node: string[]) => string[] = (node) => node,
): Promise<RunningChild> {
  const code = `import * as store from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
    import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
    import { newId, toInitialResponse } from ${JSON.stringify(import.meta.resolve("@gateway/protocol"))};
    ${program}`;
  const [command = "", ...args] = wrap([process.execPath, "--input-type=module", "--eval", code]);
  return startChild({ command, args, env: cleanEnv() });
}

/** What every client sees of a fault: nothing of the inside. */
async function expectStorageError(call: Promise<unknown>, path: string): Promise<void> {
  const error: Error = await call.then(
    () => Promise.reject(new Error("the call did not fail")),
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject(storageError);
  expect(error.message).not.toContain(path);
  expect(error.message).not.toMatch(/sqlite/i);
}

describe("when the disk is full", () => {
  test("what cannot be written is not written in part, and comes to its end when there is room", async () => {
    const path = newFile();
    const { store, database } = openInside(path);
    const conversation = sampleConversation();
    await store.conversations.create("acme", conversation, []);
    const begun = sampleRecord({ status: "in_progress", answer: null, conversation: conversation.id });
    const { id } = begun.response;
    await store.responses.begin("acme", begun, sampleEvents(0, 2), { payload: {} });
    const pages = database.client.pragma("page_count", { simple: true });
    database.client.pragma(`max_page_count = ${String(pages)}`);

    const ended = sampleRecord({ id, answer: "x".repeat(50_000), conversation: conversation.id });
    const long = sampleEvents(2, 1, "x".repeat(50_000));
    await expectStorageError(store.responses.append("acme", id, long), path);
    await expectStorageError(store.responses.finish("acme", ended, long), path);
    await expectStorageError(
      store.responses.begin("acme", sampleRecord({ answer: "x".repeat(50_000) })),
      path,
    );
    expect(await store.responses.get("acme", id)).toEqual(begun);
    expect(await store.responses.events("acme", id, -1)).toEqual(sampleBatch(0, 2));
    expect(await store.conversations.items("acme", conversation.id)).toEqual([]);

    database.client.pragma("max_page_count = 1000000");
    await store.responses.finish("acme", ended, sampleEvents(2, 1));
    expect(await store.responses.get("acme", id)).toEqual(ended);
    expect(await store.conversations.items("acme", conversation.id)).toHaveLength(2);
    expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  });

  /** Writes until the disk is full, makes room, goes on, and tells what was acknowledged, seen and found again. */
  const program = (place: string, synchronous: string) => `
    import { execSync } from "node:child_process";
    import { writeFileSync, appendFileSync } from "node:fs";
    const options = { path: process.env.PLACE + "/gateway.db", synchronous: "${synchronous}", checkpointIntervalMs: 5 };
    const opened = store.openStore(options);
    const acknowledged = [];
    const event = { type: "response.refusal.delta", sequence_number: 0, delta: "x" };
    const finish = async () => {
      const id = newId("resp");
      const response = { ...toInitialResponse({ model: "m", input: [] }, id, 1), status: "completed", instructions: "x".repeat(20000) };
      await opened.responses.finish("t", { response, input: [] }, [event]);
      acknowledged.push(id);
    };
    for (let n = 0; n < 10; n++) await finish();
    ${place}
    const errors = [];
    for (let n = 0; n < 500 && errors.length < 5; n++) await finish().catch((error) => errors.push(error.code));
    const whenFull = await opened.check();
    const read = await opened.responses.get("t", acknowledged[0]);
    makeRoom();
    let room = await opened.check();
    for (let n = 0; n < 200 && !room.ok; n++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      room = await opened.check();
    }
    const before = acknowledged.length;
    if (room.ok) for (let n = 0; n < 10; n++) await finish();
    const full = await opened.check("full");
    await opened.close();
    const again = store.openStore(options);
    let found = 0;
    for (const id of acknowledged) if ((await again.responses.get("t", id)) && (await again.responses.events("t", id, -1)).events.length === 1) found++;
    await again.close();
    console.log(JSON.stringify({ errors, whenFull, read: read !== undefined, room, full, more: acknowledged.length - before, lost: acknowledged.length - found }));
    process.exit(0);`;

  test.for(["normal", "full"])(
    "nothing acknowledged is lost, and writing goes on when there is room (%s)",
    async (sync) => {
      const place = dir.join(`disk-${sync}`);
      mkdirSync(place);
      // A file system of its own where a mount is allowed, else a limit on the size of files.
      const child = canMount()
        ? await startElsewhere(
            program(
              `const filler = process.env.PLACE + "/filler";
             writeFileSync(filler, "");
             try { for (;;) appendFileSync(filler, Buffer.alloc(4096)); } catch {}
             const makeRoom = () => execSync("rm " + filler);`,
              sync,
            ),
            (node) => inNamespace(place, node),
          )
        : await startElsewhere(
            program(
              `const limit = (bytes) => execSync("prlimit --pid " + process.pid + " --fsize=" + bytes + ":");
             limit(1);
             const makeRoom = () => limit("unlimited");`,
              sync,
            ),
            (node) => ["env", `PLACE=${place}`, ...node],
          );
      expect(await child.exited, child.output()).toMatchObject({ code: 0 });
      const told = JSON.parse(child.stdout()) as { whenFull: { ok: boolean; problems: string[] } };
      expect(told).toMatchObject({
        errors: Array.from({ length: 5 }, () => "storage_error"),
        ...{ read: true, room: { ok: true }, full: { ok: true }, more: 10, lost: 0 },
      });
      expect(told.whenFull).toMatchObject({
        ok: false,
        problems: [expect.stringContaining("cannot be written")],
      });
    },
  );
});

/** True where this user may mount a file system in a namespace of its own. */
function canMount(): boolean {
  try {
    execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Wraps a command so that it sees a disk of 4 MiB at a place, which goes with it. */
function inNamespace(place: string, node: string[]): string[] {
  const script = 'mount -t tmpfs -o size=4m tmpfs "$PLACE" && exec "$@"';
  return ["env", `PLACE=${place}`, "unshare", "-rm", "sh", "-c", script, "sh", ...node];
}

describe("when the database cannot be written", () => {
  test("while it is read-only, reads go on, and writes when that is over", async () => {
    const path = newFile();
    const { store, database } = openInside(path);
    const record = sampleRecord();
    await store.responses.finish("acme", record);
    database.client.pragma("query_only = ON");
    await expectStorageError(store.responses.finish("acme", sampleRecord()), path);
    await expectStorageError(store.responses.delete("acme", record.response.id), path);
    await expectStorageError(store.retention.sweep({ responsesBefore: 1_800_000_000 }), path);
    expect(await store.responses.get("acme", record.response.id)).toEqual(record);
    expect(await store.check()).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("cannot be written")],
    });
    database.client.pragma("query_only = OFF");
    expect(await store.check()).toEqual({ ok: true, problems: [] });
    expect(await store.responses.delete("acme", record.response.id)).toBe(true);
  });

  test.for(["file", "directory"])(
    "a %s that may not be written is refused at the start, with its name",
    async (what) => {
      const path = newFile();
      await openStore({ path }).close();
      const place = path.slice(0, path.lastIndexOf("/"));
      for (const name of [dir.path, place]) chmodSync(name, 0o755);
      for (const name of [path, `${path}-lock`]) chmodSync(name, what === "file" ? 0o444 : 0o666);
      if (what === "directory") chmodSync(place, 0o555);
      const before = readFileSync(path);
      // Who runs the tests as root may write everything: the other process is somebody else.
      const child = await startElsewhere(`
      // All code is loaded before: the checkout may be closed to others.
      await store.openStore({ path: ":memory:" }).close();
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      try {
        const opened = store.openStore({ path: ${JSON.stringify(path)} });
        await opened.close();
        console.log("opened");
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }
      process.exit(0);`);
      expect(await child.exited, child.output()).toMatchObject({ code: 0 });
      chmodSync(place, 0o755);
      expect(child.stdout()).toMatch(/^StoreError: Cannot .*gateway\.db.*(user the gateway runs as)/);
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );
});

describe("when another process has locked the database", () => {
  test("a short transaction is waited for, without stopping the others, and the store is ready again", async () => {
    const path = newFile();
    const store = openStore({ path });
    onTestFinished(() => store.close());
    const record = sampleRecord();
    await store.responses.finish("acme", record);
    const child = await startElsewhere(`
      const client = new Database(${JSON.stringify(path)});
      client.exec("BEGIN IMMEDIATE; UPDATE responses SET created_at = created_at");
      console.log("locked");
      process.stdin.once("data", () => { client.exec("COMMIT"); client.close(); process.exit(0); });`);
    await waitFor(() => child.stdout().includes("locked"), { what: "the lock" });

    let written = false;
    const write = store.responses.finish("acme", sampleRecord({ previous: record.response.id })).then(() => {
      written = true;
    });
    for (let n = 0; n < 20; n++)
      expect(await store.responses.get("acme", record.response.id)).toEqual(record);
    expect(written).toBe(false);
    child.process.stdin?.write("go\n");
    await write;
    expect(await child.exited).toMatchObject({ code: 0 });
    expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  });
});

describe("when the file is damaged while it is open", () => {
  test("who reads a damaged page gets an error, the others do not, and it is not ready until the page is whole", async () => {
    const path = newFile();
    const first = openStore({ path });
    const records = Array.from({ length: 300 }, (_, n) =>
      sampleRecord({ answer: `${n} ${"x".repeat(9000)}` }),
    );
    for (const record of records) await first.responses.finish("acme", record);
    await first.close();
    // Opened anew, it has none of these pages in memory.
    const store = openStore({ path });
    onTestFinished(() => store.close());
    expect(await store.check()).toEqual({ ok: true, problems: [] });

    // 20 pages in the middle.
    const start = Math.floor(statSync(path).size / 4096 / 2) * 4096;
    const whole = readFileSync(path).subarray(start, start + 20 * 4096);
    overwrite(path, start, Buffer.alloc(whole.length, 0x55));
    const results = await Promise.allSettled(
      records.map(async ({ response }) => (await store.responses.get("acme", response.id))?.response),
    );
    const failed = results.filter(({ status }) => status === "rejected");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(20);
    for (const { reason } of failed as PromiseRejectedResult[]) {
      await expectStorageError(Promise.reject(reason as Error), path);
    }
    for (const [n, result] of results.entries()) {
      // What is read is right: a page that is damaged is never taken for content.
      if (result.status === "fulfilled") expect(result.value).toEqual(records[n]?.response);
    }
    const damaged = { ok: false, problems: [expect.stringContaining("is damaged or cannot be read")] };
    expect(await store.check()).toMatchObject(damaged);
    expect(await store.check("full")).toMatchObject({ ok: false });
    // What is on other pages is written and read all the same.
    const conversation = sampleConversation();
    await store.conversations.create("acme", conversation, []);
    expect(await store.conversations.get("acme", conversation.id)).toEqual(conversation);
    expect(await store.check()).toMatchObject(damaged);

    overwrite(path, start, whole);
    await waitFor(async () => (await store.check()).ok, { what: "the store to be found whole" });
    for (const record of records)
      expect(await store.responses.get("acme", record.response.id)).toEqual(record);
  });
});

/** Writes over a part of a file in another process: closing it in this one would drop SQLite's locks. */
function overwrite(path: string, start: number, bytes: Buffer): void {
  const code = `const { openSync, writeSync, closeSync, readFileSync } = require("node:fs");
    const fd = openSync(process.argv[1], "r+");
    const bytes = readFileSync(0);
    writeSync(fd, bytes, 0, bytes.length, Number(process.argv[2]));
    closeSync(fd);`;
  execFileSync(process.execPath, ["-e", code, path, String(start)], { input: bytes });
}

describe("when the database file is moved away", () => {
  test("nothing is acknowledged that would be lost, and writing goes on once it is back", async () => {
    const path = newFile();
    const store = openStore({ path, checkpointIntervalMs: 5 });
    const record = sampleRecord();
    await store.responses.finish("acme", record);
    renameSync(path, `${path}.moved`);
    const refused = sampleRecord();
    await expectStorageError(store.responses.finish("acme", refused), path);
    expect(await store.responses.get("acme", record.response.id)).toEqual(record);
    expect(await store.check()).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("moved or removed")],
    });
    // Another file of that name is not the database either.
    writeFileSync(path, "");
    await expectStorageError(store.responses.finish("acme", refused), path);
    expect(await store.check()).toMatchObject({ ok: false });
    rmSync(path);

    renameSync(`${path}.moved`, path);
    expect(await store.check()).toEqual({ ok: true, problems: [] });
    const after = sampleRecord({ previous: record.response.id, answer: "after" });
    await store.responses.finish("acme", after);
    await store.close();
    const again = openStore({ path });
    onTestFinished(() => again.close());
    expect(textsOf(await again.responses.chain("acme", after.response.id))).toEqual([
      ...["question", "answer", "question", "after"],
    ]);
    expect(await again.responses.get("acme", refused.response.id)).toBeUndefined();
    expect(await again.check("full")).toEqual({ ok: true, problems: [] });
  });
});
