import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { readEvents } from "../contract/sample-events.ts";
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
  // Twice, the second over what the killing before left.
  for (const line of [...(await logUntilKilled(path)), ...(await logUntilKilled(path))]) {
    const [id = "", last] = line.split(" ");
    acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, Number(last)));
  }

  const store = openStore({ path });
  onTestFinished(() => store.close());
  expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  const client = new Database(path, { readonly: true });
  onTestFinished(() => void client.close());
  const ids = client.prepare("SELECT id FROM responses").pluck().all() as string[];
  expect(acknowledged.size).toBeGreaterThan(32);
  expect([...acknowledged.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  let ended = 0;
  for (const id of ids) {
    const log = await readEvents(store, "acme", id);
    const count = log?.events.length ?? 0;
    expect(count).toBeGreaterThan(acknowledged.get(id) ?? 0);
    const hasEnded = (await store.responses.get("acme", id))?.response.status === "completed";
    if (hasEnded) ended++;
    // The response and its last event were written together or not at all.
    const last = eventsFrom(id, count - 1, 1, hasEnded);
    expect(log).toEqual({
      first: 0,
      events: [...eventsFrom(id, 0, count - 1, false).events, ...last.events],
    });
  }
  expect(ended).toBeGreaterThan(0);
  expect(await store.responses.unfinished()).toHaveLength(ids.length - ended);
  // So were the response's first row and its job.
  const jobs = await store.jobs.claim("respond", 10_000, Date.now());
  expect(jobs.map(({ subject }) => subject).sort()).toEqual(ids.sort());
  for (const { subject, payload } of jobs) expect(payload).toEqual({ for: subject });
});
