import { fileURLToPath } from "node:url";
import { cleanEnv, type RunningChild, startChild, tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { textsOf } from "../contract/sample-records.ts";
import { openStore } from "./open-store.ts";

const dir = tempDir();

async function startWriter(path: string): Promise<RunningChild> {
  const program = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));
  const child = await startChild({ command: process.execPath, args: [program, path], env: cleanEnv() });
  onTestFinished(async () => void (await child.end("SIGKILL")));
  return child;
}

/** The ids a writer printed in full. */
function acknowledged(child: RunningChild): string[] {
  return child
    .stdout()
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("resp_"));
}

test("a process killed while it writes loses nothing it acknowledged and leaves no half turn", async () => {
  const path = dir.join("killed.db");
  // Three times, the last two over what the killing before left.
  const ids: string[] = [];
  for (const round of [1, 2, 3]) {
    const child = await startWriter(path);
    await waitFor(() => acknowledged(child).length > 300, { what: `writes of round ${round}` });
    await child.end("SIGKILL");
    ids.push(...acknowledged(child));
  }

  const store = openStore({ path });
  onTestFinished(() => store.close());
  expect(await store.check("full")).toEqual({ ok: true, problems: [] });
  for (const id of ids) expect((await store.responses.get("acme", id))?.response.status).toBe("completed");

  const client = new Database(path, { readonly: true });
  onTestFinished(() => void client.close());
  const column = (query: string): string[] => client.prepare(query).pluck().all() as string[];
  const turns = client.prepare("SELECT id, status, conversation_id AS conversation FROM responses").all() as {
    id: string;
    status: string;
    conversation: string;
  }[];
  expect(turns.length).toBeGreaterThanOrEqual(ids.length);
  for (const conversation of column("SELECT id FROM conversations")) {
    // A response and its turn in the conversation were written together or not at all.
    const finished = turns.filter(
      (turn) => turn.conversation === conversation && turn.status === "completed",
    );
    expect(textsOf(await store.conversations.items("acme", conversation))).toHaveLength(2 * finished.length);
  }
  const running = turns.filter(({ status }) => status === "in_progress").length;
  expect(await store.responses.unfinished()).toHaveLength(running);
});

test("a database is refused while another process has it, and free as soon as that one is killed", async () => {
  const path = dir.join("taken.db");
  const child = await startWriter(path);
  await waitFor(() => child.stdout().startsWith("open"), { what: "the other process to open the database" });
  expect(() => openStore({ path })).toThrow(/taken\.db is in use by another gateway\. Stop that one first/);
  await child.end("SIGKILL");
  const store = openStore({ path });
  await store.close();
});

test("an open that was refused takes nothing from the process that has the database", async () => {
  const path = dir.join("kept.db");
  const store = openStore({ path });
  onTestFinished(() => store.close());
  expect(() => openStore({ path })).toThrow(/in use by another gateway/);
  // POSIX locks of a file are dropped when any of its descriptors is closed: see that none was.
  const child = await startWriter(path);
  expect((await child.exited).code).toBe(1);
  expect(child.output()).toContain("kept.db is in use by another gateway");
});
