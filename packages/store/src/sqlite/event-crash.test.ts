import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { readEvents, toBatch } from "../contract/sample-events.ts";
import { eventsFrom } from "./event-crash-sample.ts";
import { openStore } from "./open-store.ts";

const dir = tempDir();

/** Logs events in another process until there are some hundred lines, kills it, and gives the lines it wrote in full. */
async function logUntilKilled(path: string): Promise<string[]> {
  const program = fileURLToPath(new URL("./event-crash-writer.ts", import.meta.url));
  const child = await startChild({ command: process.execPath, args: [program, path], env: cleanEnv() });
  onTestFinished(async () => void (await child.end("SIGKILL")));
  const lines = (): string[] => child.stdout().split("\n").slice(0, -1);
  await waitFor(() => lines().length > 2500, { what: "events to be logged" });
  await child.end("SIGKILL");
  return lines();
}

test("a process killed while it logs events loses none it acknowledged, and leaves no gap and no half end", async () => {
  const path = dir.join("killed.db");
  const acknowledged = new Map<string, number>();
  const deleting = new Set<string>();
  const deleted = new Set<string>();
  // Twice, the second over what the killing before left.
  for (const line of [...(await logUntilKilled(path)), ...(await logUntilKilled(path))]) {
    const [id = "", word = ""] = line.split(" ");
    if (word === "deleting") deleting.add(id);
    else if (word === "deleted") deleted.add(id);
    else acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, Number(word)));
  }
  expect(deleted.size).toBeGreaterThan(0);
  // The journal was emptied while responses ran.
  const left = new Database(path, { readonly: true });
  const countLeft = (from: string) => left.prepare(`SELECT count(*) FROM ${from}`).pluck().get();
  const segments =
    "response_events JOIN responses ON responses.seq = response_seq WHERE status = 'in_progress'";
  expect(countLeft(segments)).toBeGreaterThan(0);
  left.close();

  const store = openStore({ path });
  onTestFinished(() => store.close());
  expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  const client = new Database(path, { readonly: true });
  onTestFinished(() => void client.close());
  const ids = client.prepare("SELECT id FROM responses").pluck().all() as string[];
  expect(acknowledged.size).toBeGreaterThan(32);
  expect([...acknowledged.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  let ended = 0;
  const isGone = new Set<string>();
  for (const id of ids) {
    const log = await readEvents(store, "acme", id);
    if (log === undefined) {
      expect(deleting).toContain(id);
      isGone.add(id);
      continue;
    }
    expect(deleted).not.toContain(id);
    const count = log.events.length;
    expect(count).toBeGreaterThan(acknowledged.get(id) ?? 0);
    const hasEnded = (await store.responses.get("acme", id))?.response.status === "completed";
    if (hasEnded) ended++;
    // The response and its last event were written together or not at all.
    const last = eventsFrom(id, count - 1, 1, hasEnded);
    expect(log).toEqual(toBatch([...eventsFrom(id, 0, count - 1, false), ...last]));
  }
  expect(ended).toBeGreaterThan(0);
  // Nothing of what is gone is left, nor of what the journal had.
  const rows = (table: string) => client.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  await waitFor(() => rows("event_journal") === 0, { what: "the journal to be emptied" });
  const orphans =
    "SELECT count(*) FROM response_events WHERE response_seq NOT IN (SELECT seq FROM responses WHERE response IS NOT NULL)";
  await waitFor(() => client.prepare(orphans).pluck().get() === 0, { what: "deleted events to be gone" });
  expect(await store.responses.unfinished()).toHaveLength(ids.length - ended - isGone.size);
  // So were the response's first row and its job.
  const jobs = await store.jobs.claim("respond", 10_000, Date.now());
  const kept = ids.filter((id) => !isGone.has(id));
  expect(jobs.map(({ subject }) => subject).sort()).toEqual(kept.sort());
  for (const { subject, payload } of jobs) expect(payload).toEqual({ for: subject });
});
