import type Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { createSealer } from "../sealer.ts";
import { openMemoryDatabase } from "./memory-database.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** The SQL of every statement that the stores prepare, each once. */
function preparedStatements(): string[] {
  const database = openMemoryDatabase();
  const { client } = database;
  const texts = new Set<string>();
  const prepare = client.prepare.bind(client);
  Object.assign(client, {
    prepare: (text: string) => {
      texts.add(text);
      return prepare(text);
    },
  });
  const store = new SqliteStore(database, createSealer(new Uint8Array(32)), () => {});
  onTestFinished(() => store.close());
  return [...texts].filter((text) => /^\s*(select|insert|update|delete|with)\b/i.test(text));
}

/** What may be gone through as a whole: it has the rows of one call, of what has not ended, or of a short time. */
const few =
  /^SCAN (CONSTANT|given|json_each|link|older|deleted_vector_stores|deleted_event_logs|event_journal|responses USING INDEX responses_unfinished)\b/;

function planOf(client: Database.Database, text: string): string[] {
  const values = Array.from(text.matchAll(/\?/g), () => 1);
  const rows = client.prepare(`EXPLAIN QUERY PLAN ${text}`).all(values) as { detail: string }[];
  return rows.map(({ detail }) => detail);
}

test("no statement goes through a whole table, and no list sorts its rows", () => {
  const statements = preparedStatements();
  expect(statements.length).toBeGreaterThan(60);
  const { client } = openMemoryDatabase();
  onTestFinished(() => void client.close());
  const slow = statements.flatMap((text) => {
    const plan = planOf(client, text);
    const scans = plan.filter((line) => line.startsWith("SCAN ") && !few.test(line));
    // What is put in order is few: the files of one call, and the places that have one item's id.
    const sortsFew = text.includes("json_each") || text.includes('"item_id" = ?');
    const sorts = plan.filter((line) => line.includes("TEMP B-TREE") && !sortsFew);
    return [...scans, ...sorts].map((line) => `${line}: ${text}`);
  });
  expect(slow).toEqual([]);
});

test("lists of one status or purpose go by it, not through all files", () => {
  const { client } = openMemoryDatabase();
  onTestFinished(() => void client.close());
  const filtered = preparedStatements().filter((text) => text.includes("unlikely("));
  const plans = filtered.map((text) => planOf(client, text)[0]);
  expect(
    plans.filter((line) => line?.includes("files_by_purpose (tenant=? AND purpose=? AND rowid>?")),
  ).toHaveLength(2);
  expect(
    plans.filter((line) => line?.includes("files_by_status (store_seq=? AND status=? AND rowid>?")),
  ).toHaveLength(2);
});

test("the events of a response after a number are found by both", () => {
  const { client } = openMemoryDatabase();
  onTestFinished(() => void client.close());
  const plans = preparedStatements()
    .filter((text) => /response_events/.test(text) && !/^\s*insert.*values/i.test(text))
    .map((text) => planOf(client, text).join("; "));
  const reads = plans.filter((plan) => plan.includes("(response_seq=? AND first"));
  expect(reads).toHaveLength(1);
  expect(reads[0]?.match(/USING (COVERING )?INDEX response_events_in_order/g)).toHaveLength(2);
});
