import Database from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { createPrivateFile } from "./database-file.ts";

/** Held as long as this process may write to a database. */
export interface WriterLock {
  release(): void;
}

/**
 * Makes this the only writer of a database, or says who is in the way.
 *
 * The lock is SQLite's own exclusive lock, held on an empty database beside the real one (`FILE-lock`). So
 * it is the operating system's, works on every platform, ends with the process however that ends, and also
 * stops a second open in the same process. The real database stays readable to others: that is what
 * `db check` and `db backup` of a running gateway need, and why `locking_mode = EXCLUSIVE` on the database
 * itself was not taken (it saves 1-2 µs a write under load). The empty file is left in place: removing it
 * while another process is about to lock it would let two in.
 *
 * @throws StoreError when another holds the lock, or the lock file cannot be written.
 */
export function lockForWriting(file: string): WriterLock {
  const lockFile = `${file}-lock`;
  let client: Database.Database | undefined;
  try {
    createPrivateFile(lockFile);
    client = new Database(lockFile, { timeout: 0 });
    // Nothing is ever written: no journal shall lie about either. (OFF is not allowed here.)
    client.pragma("journal_mode = MEMORY");
    client.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    client?.close();
    if (cause instanceof Database.SqliteError && cause.code.startsWith("SQLITE_BUSY")) {
      throw new StoreError(
        `The database ${file} is in use by another gateway. Stop that one first, or give this one a file of ` +
          "its own in store.path.",
        { cause },
      );
    }
    throw new StoreError(
      `Cannot lock the database ${file} for writing: ${(cause as Error).message}. ` +
        "Make its directory writable for the user the gateway runs as.",
      { cause },
    );
  }
  const held = client;
  return { release: () => void held.close() };
}
