import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import Database from "better-sqlite3";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleBatch, sampleEvents } from "../contract/sample-events.ts";
import { noQuota, sampleFile } from "../contract/sample-files.ts";
import { sampleRecord } from "../contract/sample-records.ts";
import { StoreError } from "../errors.ts";
import { applicationId, migrate, schemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { backupDatabase, checkDatabase } from "./offline.ts";
import { openStore } from "./open-store.ts";
import * as schema from "./schema.ts";

const dir = tempDir();

function openDatabase(): Database.Database {
  const client = new Database(":memory:");
  onTestFinished(() => void client.close());
  return client;
}

describe("the schema and the migrations agree", () => {
  const client = new Database(":memory:");
  migrate(client, "test");
  const tables = Object.values<SQLiteTable>(schema).map((table) => getTableConfig(table));

  test("on the tables", () => {
    const made = client
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .pluck()
      .all();
    expect(made).toEqual(tables.map(({ name }) => name).sort());
  });

  test.each(tables)("on the columns of $name", ({ name, columns }) => {
    const made = client.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)').all(name);
    const declared = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      // SQLite reports the rowid as nullable, which it never is.
      notnull: column.notNull && !column.primary ? 1 : 0,
      pk: column.primary ? 1 : 0,
    }));
    expect(made).toEqual(declared);
  });

  test.each(tables)("on the indexes of $name", ({ name, indexes }) => {
    const made = client
      .prepare(
        `SELECT list.name, list."unique", list.partial,
          (SELECT group_concat(info.name) FROM pragma_index_info(list.name) AS info) AS columns
         FROM pragma_index_list(?) AS list ORDER BY list.name`,
      )
      .all(name);
    const declared = indexes.map(({ config }) => ({
      name: config.name,
      unique: config.unique ? 1 : 0,
      partial: config.where === undefined ? 0 : 1,
      columns: config.columns.map((column) => ("name" in column ? column.name : "")).join(","),
    }));
    expect(made).toEqual(declared.sort((a, b) => (a.name < b.name ? -1 : 1)));
  });

  test.each(tables)("on what $name refers to", ({ name, foreignKeys }) => {
    const made = client
      .prepare('SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(?)')
      .all(name);
    const declared = foreignKeys.map((key) => {
      const { columns, foreignColumns, foreignTable } = key.reference();
      return {
        table: getTableConfig(foreignTable as SQLiteTable).name,
        from: columns[0]?.name,
        to: foreignColumns[0]?.name,
        on_delete: (key.onDelete ?? "no action").toUpperCase(),
      };
    });
    expect(made).toEqual(declared);
  });
});

describe("migrations", () => {
  test("are done once", () => {
    const client = openDatabase();
    migrate(client, "test");
    expect(schemaVersion(client)).toBe(migrations.length);
    client.exec("INSERT INTO conversations (tenant, id, created_at, metadata) VALUES ('t', 'c', 1, '{}')");
    migrate(client, "test");
    expect(client.prepare("SELECT count(*) FROM conversations").pluck().get()).toBe(1);
  });

  test("bring a database of the first schema to this one, with all that is in it", async () => {
    const path = dir.join("version-1.db");
    const client = new Database(path);
    migrate(client, path, migrations.slice(0, 1));
    const record = sampleRecord({ conversation: "conv_1", inputIds: ["mine"] });
    const { response, input } = record;
    client
      .prepare(
        `INSERT INTO responses (tenant, id, conversation_id, status, created_at, response, input)
         VALUES ('acme', ?, 'conv_1', 'completed', 1, ?, ?)`,
      )
      .run(response.id, JSON.stringify(response), JSON.stringify(input));
    client.exec("INSERT INTO foreign_items (tenant, item_id, response_seq) VALUES ('acme', 'mine', 1)");
    client.exec(
      "INSERT INTO conversations (tenant, id, created_at, metadata) VALUES ('acme', 'conv_1', 1, '{}')",
    );
    client
      .prepare(
        "INSERT INTO conversation_items (tenant, conversation_seq, item_id, item) VALUES ('acme', 1, 'mine', ?)",
      )
      .run(JSON.stringify(input[0]));
    expect(schemaVersion(client)).toBe(1);
    client.close();

    const store = openStore({ path });
    onTestFinished(() => store.close());
    expect(await store.responses.get("acme", response.id)).toEqual(record);
    expect((await store.responses.findItems("acme", ["mine"])).get("mine")).toEqual(input[0]);
    expect(await store.conversations.items("acme", "conv_1")).toEqual(input);
    const file = sampleFile();
    expect(await store.files.add("acme", file, noQuota)).toBe("added");
    expect(await store.files.get("acme", file.file.id)).toEqual(file);
    expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  });

  test("bring a database of the second schema to this one, where what was running can go on", async () => {
    const path = dir.join("version-2.db");
    const client = new Database(path);
    migrate(client, path, migrations.slice(0, 2));
    const done = sampleRecord();
    const running = sampleRecord({ status: "in_progress", answer: null });
    const waiting = sampleRecord({ status: "queued", answer: null });
    const insert = client.prepare(
      "INSERT INTO responses (tenant, id, status, created_at, response, input) VALUES ('acme', ?, ?, 1, ?, ?)",
    );
    for (const { response, input } of [done, running, waiting]) {
      insert.run(response.id, response.status, JSON.stringify(response), JSON.stringify(input));
    }
    client.exec(
      `INSERT INTO files (tenant, id, filename, purpose, bytes, created_at, hash)
       VALUES ('acme', 'file-1', 'a.txt', 'assistants', 3, 1, 'abc')`,
    );
    client.exec(
      `INSERT INTO jobs (kind, tenant, subject, payload, state, not_before, attempt)
       VALUES ('ingest', 'acme', '7', '{"n":1}', 'running', 0, 1)`,
    );
    expect(schemaVersion(client)).toBe(2);
    client.close();

    const store = openStore({ path });
    onTestFinished(() => store.close());
    const { id } = running.response;
    expect(await store.responses.get("acme", done.response.id)).toEqual(done);
    expect(await store.responses.unfinished()).toEqual([
      { tenant: "acme", record: running },
      { tenant: "acme", record: waiting },
    ]);
    expect((await store.responses.events("acme", id, -1))?.events).toEqual([]);
    await store.responses.append("acme", id, sampleEvents(0, 3));
    await store.responses.append("acme", done.response.id, sampleEvents(0, 3));
    await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(3, 1));
    expect(await store.responses.events("acme", id, -1)).toEqual(sampleBatch(0, 4));
    expect((await store.responses.events("acme", done.response.id, -1))?.events).toEqual([]);
    expect((await store.files.get("acme", "file-1"))?.file).toMatchObject({ filename: "a.txt", bytes: 3 });
    expect(await store.jobs.releaseAll()).toBe(1);
    expect(await store.jobs.claim("ingest", 9, 0)).toMatchObject([
      { subject: "7", payload: { n: 1 }, attempt: 2 },
    ]);
    expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  });

  test("go on where an older version of the program stopped", () => {
    const client = openDatabase();
    migrate(client, "test", ["CREATE TABLE a (x)"]);
    migrate(client, "test", ["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"]);
    expect(client.prepare("SELECT name FROM pragma_table_info('a')").pluck().all()).toEqual(["x", "y"]);
    expect(schemaVersion(client)).toBe(2);
  });

  test("leave nothing of a step that fails, and keep those before it", () => {
    const client = openDatabase();
    const steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
    expect(() => migrate(client, "test", steps)).toThrow(/table a already exists/);
    expect(schemaVersion(client)).toBe(1);
    expect(client.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["a"]);
  });
});

describe("a file that this program cannot use is refused, untouched, with its name and what to do", () => {
  function refusal(path: string): { error: unknown; touched: boolean } {
    const before = readFileSync(path);
    try {
      openStore({ path });
    } catch (error) {
      return { error, touched: !before.equals(readFileSync(path)) };
    }
    throw new Error(`${path} was opened`);
  }

  test("one written by a newer version", async () => {
    const path = dir.join("newer.db");
    const client = new Database(path);
    migrate(client, path, [...migrations, "CREATE TABLE later (x)"]);
    client.close();
    const { error, touched } = refusal(path);
    expect(error).toBeInstanceOf(StoreError);
    const clear = new RegExp(
      `newer\\.db was written by a newer version of the gateway: its schema is ${migrations.length + 1}, this program ` +
        `knows up to ${migrations.length}\\. Start the newer version`,
    );
    expect(String(error)).toMatch(clear);
    expect(touched).toBe(false);
    // Nor is it read from outside, where its pages could be misread.
    const before = readFileSync(path);
    expect(() => checkDatabase(path)).toThrow(clear);
    await expect(backupDatabase(path, dir.join("newer-copy.db"))).rejects.toThrow(clear);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(dir.join("newer-copy.db"))).toBe(false);
  });

  test("another program's database", () => {
    const path = dir.join("other.db");
    const client = new Database(path);
    client.exec("CREATE TABLE bookmarks (url TEXT)");
    client.close();
    const { error, touched } = refusal(path);
    expect(String(error)).toMatch(/other\.db is an SQLite database of another program/);
    expect(touched).toBe(false);
  });

  test("a file that is no database", () => {
    const path = dir.join("package.json");
    writeFileSync(path, JSON.stringify({ name: "x".repeat(2000) }));
    const { error, touched } = refusal(path);
    expect(String(error)).toMatch(/Cannot open the database .*package\.json: .*not an SQLite file/);
    expect(touched).toBe(false);
  });
});

test("a database says whose it is", () => {
  const client = openDatabase();
  migrate(client, "test");
  expect(client.pragma("application_id", { simple: true })).toBe(applicationId);
});
