import { randomBytes } from "node:crypto";
import type { Sealer } from "@gateway/engine";
import { StoreError } from "../errors.ts";
import { createSealer } from "../sealer.ts";
import type { Store } from "../store.ts";
import { openFileDatabase } from "./file-database.ts";
import { openMemoryDatabase } from "./memory-database.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** Settings of {@link openStore}. */
export interface StoreOptions {
  /** The database file; its directory is created (mode 0700). `:memory:` keeps everything in this process. */
  path: string;
  /**
   * What an acknowledged write survives. `normal` (default): the end of this process, however it comes.
   * `full`: also a power cut; each write then waits for the disk.
   */
  synchronous?: "normal" | "full" | undefined;
  /** Bytes the write-ahead log may grow to before writes wait for a checkpoint; 32 MiB. */
  walLimitBytes?: number | undefined;
  /** Milliseconds until a write is moved into the database, and deleted content leaves the log; 5,000. */
  checkpointIntervalMs?: number | undefined;
  /** Told of trouble in the background, such as a checkpoint that failed. No acknowledged write is lost. */
  onProblem?: ((problem: Error) => void) | undefined;
  /**
   * Encrypts the headers of connectors: `createSealer(...loadServerKey({ path }))`. Without it a store in memory has a
   * key of its own, and a store in a file refuses connectors with headers.
   */
  seal?: Sealer | undefined;
}

/**
 * Opens the store in an SQLite file, creating or upgrading it as needed. This process is then its only
 * writer until `close`, or until it ends; others can still read it (`checkDatabase`, `backupDatabase`).
 *
 * @throws StoreError when the file is in use, was written by a newer version, is not this program's or
 * cannot be opened; the message names it and what to do.
 */
export function openStore(options: StoreOptions): Store {
  const onProblem = options.onProblem ?? (() => {});
  if (options.path === ":memory:") {
    const sealer = options.seal ?? createSealer(randomBytes(32));
    return new SqliteStore(openMemoryDatabase(), sealer, onProblem);
  }
  const database = openFileDatabase({
    path: options.path,
    synchronous: options.synchronous ?? "normal",
    walLimitBytes: options.walLimitBytes ?? 32 * 1024 * 1024,
    checkpointIntervalMs: options.checkpointIntervalMs ?? 5000,
    onProblem,
  });
  try {
    return new SqliteStore(database, options.seal ?? withoutKey, onProblem);
  } catch (cause) {
    void database.close();
    const reason = (cause as Error).message;
    throw new StoreError(
      `Cannot open the database ${options.path}: ${reason}. It is damaged: restore a backup.`,
      {
        cause,
      },
    );
  }
}

/** Nothing that was sealed under a key of this process could be opened by the next one. */
const withoutKey: Sealer = { seal: refuse, open: refuse };

function refuse(): never {
  throw new StoreError(
    "The store was opened without a key for the headers of connectors. Give openStore `seal`, made of loadServerKey.",
  );
}
