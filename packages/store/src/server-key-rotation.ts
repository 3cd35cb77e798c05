import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StoreError } from "./errors.ts";
import {
  maxServerKeys,
  parseServerKeys,
  serverKeyBytes,
  syncDirectoryOf,
  writePrivateFile,
} from "./server-key-file.ts";
import { resolveDatabaseFile } from "./sqlite/database-file.ts";

/** What {@link rotateServerKey} did. */
export interface KeyRotation {
  /** The key file. */
  file: string;
  /** Keys in it that still open what they have sealed. */
  former: number;
  /** Keys that it had no room for any more; what they sealed cannot be opened again. */
  dropped: number;
}

/**
 * Puts a new random key in front of those in the key file of a database. The file is replaced in one step, with mode
 * 0600 and the owner that it had: at any moment it is whole, and a gateway that runs goes on with the keys it has
 * read, which stay in the file. Of the keys only the newest {@link maxServerKeys} are kept.
 *
 * @throws StoreError when there is no key file, it is no key, cannot be read or written, or is being rotated already;
 *   nothing was changed then.
 */
export function rotateServerKey(path: string): KeyRotation {
  const file = findKeyFile(path);
  const next = `${file}.rotating`;
  try {
    return replace(file, next);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new StoreError(
        `The server's key ${file} is being rotated already. If it is not, an earlier rotation was cut off: remove ` +
          `${next} and rotate again.`,
        { cause },
      );
    }
    throw new StoreError(
      `Cannot rotate the server's key ${file}: ${message}. Run this as the user the gateway runs as.`,
      { cause },
    );
  }
}

/** The key file itself: a link to it stays a link. Neither it nor its directory is made. */
function findKeyFile(path: string): string {
  const named = existsSync(dirname(resolve(path))) ? `${resolveDatabaseFile(path)}-key` : undefined;
  if (named !== undefined && existsSync(named)) return realpathSync(named);
  throw new StoreError(
    `There is no key file ${resolve(path)}-key to rotate. The gateway makes it when it starts; check store.path.`,
  );
}

function replace(file: string, next: string): KeyRotation {
  // Its name is the lock, too: of two rotations at once the second would lose the first one's key.
  writePrivateFile(next, new Uint8Array());
  try {
    const keys = parseServerKeys(file, readFileSync(file));
    const kept = keys.slice(0, maxServerKeys - 1);
    const partial = `${next}.partial`;
    rmSync(partial, { force: true });
    try {
      writePrivateFile(partial, Buffer.concat([randomBytes(serverKeyBytes), ...kept]), statSync(file));
      renameSync(partial, file);
    } finally {
      rmSync(partial, { force: true });
    }
    syncDirectoryOf(file);
    return { file, former: kept.length, dropped: keys.length - kept.length };
  } finally {
    rmSync(next, { force: true });
  }
}
