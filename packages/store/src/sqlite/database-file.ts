import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StoreError } from "../errors.ts";

/**
 * The one absolute path of a database, with links resolved, so that two spellings of a file are seen to be
 * the same. Its directory is created, with mode 0700, where it is missing; the file itself is not.
 *
 * @throws StoreError when the directory cannot be created or read.
 */
export function resolveDatabaseFile(path: string): string {
  const file = resolve(path);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
  } catch (cause) {
    throw new StoreError(
      `Cannot create the directory ${dirname(file)} of the database: ${(cause as Error).message}. ` +
        "Create it for the user the gateway runs as, or name another file in store.path.",
      { cause },
    );
  }
}

/**
 * Creates an empty file with mode 0600 where there is none; SQLite gives its side files the same mode.
 *
 * A file that exists is not even opened: closing any descriptor of it would drop the POSIX locks that
 * SQLite holds on it elsewhere in this process.
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Device and inode of a file, to see later whether the path still leads to it; undefined when it is gone. */
export function fileIdentity(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}
