import { resolve } from "node:path";
import type { StoreCheck } from "../store.ts";
import { writeBackup } from "./backup.ts";
import { openReader } from "./open-client.ts";

/**
 * Verifies every page and index of a database from outside, for `gateway db check`; a running gateway may
 * have it open. It blocks while it reads.
 *
 * @throws StoreError when the file cannot be opened or is not this program's.
 */
export function checkDatabase(path: string): StoreCheck {
  const client = openReader(resolve(path));
  try {
    const lines = client.pragma("integrity_check(20)") as { integrity_check: string }[];
    return toCheck(lines.map((line) => line.integrity_check));
  } catch (error) {
    // Some damage is found by stumbling over it.
    return toCheck([(error as Error).message]);
  } finally {
    client.close();
  }
}

/**
 * Copies a database to a new file from outside, for `gateway db backup`; a running gateway may have it open.
 * The copy is of one moment: it reads all pages in one transaction. It blocks while it copies.
 *
 * @throws StoreError when the database cannot be opened, or `file` exists or cannot be written.
 */
export async function backupDatabase(path: string, file: string): Promise<void> {
  const client = openReader(resolve(path));
  try {
    await writeBackup(file, (partial) => client.backup(partial, { progress: () => 0x7fffffff }));
  } finally {
    client.close();
  }
}

/** Reads the lines of `PRAGMA integrity_check`: a single `ok` is good news. */
export function toCheck(lines: readonly string[]): StoreCheck {
  const problems = lines
    .filter((line) => line !== "ok")
    .map((line) => `The database is damaged (${line}). Restore a backup.`);
  return { ok: problems.length === 0, problems };
}
