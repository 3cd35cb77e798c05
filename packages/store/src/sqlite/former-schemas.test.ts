import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { sampleBatch, sampleEvents } from "../contract/sample-events.ts";
import { sampleConversation, sampleItem, sampleRecord, textsOf } from "../contract/sample-records.ts";
import type { Store } from "../store.ts";
import { type FormerContent, formerContent, formerRows } from "./former-rows.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { backupDatabase, checkDatabase } from "./offline.ts";
import { openStore } from "./open-store.ts";

const dir = tempDir();

/** A database of a former schema with rows in every table it has. */
function makeFormer(path: string, version: number): FormerContent {
  const client = new Database(path);
  migrate(client, path, migrations.slice(0, version));
  const content = formerContent();
  for (const [sql, ...values] of formerRows(content).slice(0, version).flat())
    client.prepare(sql).run(values);
  expect(schemaVersion(client)).toBe(version);
  expect(emptyTables(client)).toEqual([]);
  client.close();
  return content;
}

function emptyTables(client: Database.Database): unknown[] {
  const tables = client
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  return tables.filter((name) => client.prepare(`SELECT 1 FROM ${String(name)}`).get() === undefined);
}

async function checkFirst(store: Store, { done, running, item }: FormerContent): Promise<void> {
  const { responses, conversations } = store;
  expect(await responses.get("acme", done.response.id)).toEqual(done);
  expect(await responses.unfinished()).toEqual([{ tenant: "acme", record: running }]);
  expect((await responses.findItems("acme", ["mine"])).get("mine")).toEqual(done.input[0]);
  expect(await conversations.get("acme", "conv_1")).toMatchObject({ metadata: { topic: "old" } });
  expect(await conversations.items("acme", "conv_1")).toEqual([item]);
  // And it is worked with: the conversation goes on, what ran comes to its end, a chain is continued.
  await conversations.append("acme", "conv_1", [sampleItem("from now")]);
  expect(textsOf(await conversations.items("acme", "conv_1"))).toEqual(["from before", "from now"]);
  const next = sampleRecord({ previous: done.response.id, input: ["more"] });
  await responses.finish("acme", next, sampleEvents(0, 2));
  expect(textsOf(await responses.chain("acme", next.response.id))).toEqual([
    ...["question", "answer", "more", "answer"],
  ]);
}

async function checkSecond(store: Store): Promise<void> {
  expect((await store.files.get("acme", "file-1"))?.file).toMatchObject({ filename: "a.txt", bytes: 3 });
  expect(await store.uploads.get("acme", "upload_1")).toMatchObject({ upload: { filename: "b.txt" } });
  expect(await store.blobs.unused(4e15, 9)).toEqual([]);
  expect(await store.vectorStores.get("acme", "vs_1", 1000)).toMatchObject({
    ...{ name: "Docs", usage_bytes: 3, file_counts: { completed: 1, total: 1 } },
  });
  expect(await store.prompts.get("acme", "pmpt_1")).toMatchObject({ prompt: "Hello {{name}}" });
  expect(await store.connectors.get("acme", "docs")).toMatchObject({ name: "Docs" });
  expect(await store.jobs.releaseAll()).toBe(1);
  expect(await store.jobs.claim("work", 9, 0)).toMatchObject([
    { subject: "7", payload: { n: 1 }, attempt: 2 },
  ]);
}

async function checkThird(
  store: Store,
  { running }: FormerContent,
  path: string,
  count: number,
): Promise<void> {
  const { id } = running.response;
  const before = await store.responses.events("acme", id, -1);
  expect(before?.events).toHaveLength(count);
  expect(before?.events.slice(0, 3)).toEqual(sampleBatch(0, 3).events);
  await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(count, 1));
  expect(await store.responses.events("acme", id, -1)).toEqual({
    first: 0,
    events: [...(before?.events ?? []), ...sampleBatch(count, 1).events],
  });
  // What a former process was removing is removed.
  const reader = new Database(path, { readonly: true });
  onTestFinished(() => void reader.close());
  const left = reader.prepare("SELECT count(*) FROM response_events WHERE response_seq = 77").pluck();
  await waitFor(() => left.get() === 0, { what: "the rest of a deleted log to be gone" });
}

/** The log of a response that has ended, in several rows, as they were written until version 5. */
async function checkFourth(store: Store, { done }: FormerContent): Promise<void> {
  expect(await store.responses.events("acme", done.response.id, -1)).toEqual(sampleBatch(0, 6));
  expect(await store.responses.events("acme", done.response.id, 2)).toEqual(sampleBatch(3, 3));
}

/** What a process that was killed has left in the journal. */
async function checkFifth(store: Store, { running }: FormerContent): Promise<void> {
  const { events = [] } = (await store.responses.events("acme", running.response.id, 2)) ?? {};
  expect(events.map((json) => JSON.parse(json))).toMatchObject(
    ["Hel", "lo", "!"].map((delta, n) => ({ sequence_number: 3 + n, item_id: "msg_1", delta })),
  );
}

const formerVersions = Array.from({ length: migrations.length - 1 }, (_, n) => n + 1);

test("there are rows for every schema before this one", () => {
  expect(formerRows(formerContent())).toHaveLength(formerVersions.length);
});

test.for(formerVersions)(
  "a database of schema %d is opened with all that is in it, and usable",
  async (version) => {
    const path = dir.join(`version-${version}.db`);
    const content = makeFormer(path, version);
    // Checked and copied before it is upgraded, as a careful operator does.
    expect(checkDatabase(path)).toEqual({ ok: true, problems: [] });
    const copy = dir.join(`copy-of-${version}.db`);
    await backupDatabase(path, copy);

    for (const file of [path, copy]) {
      const store = openStore({ path: file });
      onTestFinished(() => store.close());
      await checkFirst(store, content);
      if (version >= 2) await checkSecond(store);
      if (version >= 4) await checkFourth(store, content);
      if (version >= 5) await checkFifth(store, content);
      if (version >= 3) await checkThird(store, content, file, version >= 5 ? 6 : 3);
      expect(await store.check("full")).toEqual({ ok: true, problems: [] });
      // A conversation of before counts as active at the upgrade, however old it is.
      expect(
        await store.retention.sweep({ conversationsBefore: Math.floor(Date.now() / 1000) - 3600 }),
      ).toMatchObject({
        conversations: 0,
      });
      expect(await store.retention.sweep({ responsesBefore: 2 })).toMatchObject({
        responses: version >= 3 ? 2 : 1,
      });
      const created = sampleConversation();
      await store.conversations.create("acme", created, []);
      expect(await store.conversations.get("acme", created.id)).toEqual(created);
    }
  },
);
