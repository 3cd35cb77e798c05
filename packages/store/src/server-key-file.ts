import { randomBytes } from "node:crypto";
import { closeSync, fchownSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "./errors.ts";
import type { ServerKeys } from "./server-key.ts";

/** Bytes of one server key. */
export const serverKeyBytes = 32;

/** Keys that a file holds at most: the current one and those that it has replaced. */
export const maxServerKeys = 8;

/** Who a file belongs to. */
interface Owner {
  uid: number;
  gid: number;
}

/**
 * The keys in a key file's content, the current one first.
 *
 * @throws StoreError where it is not whole keys, or more than {@link maxServerKeys}.
 */
export function parseServerKeys(file: string, content: Uint8Array): ServerKeys {
  const count = content.length / serverKeyBytes;
  if (Number.isInteger(count) && count >= 1 && count <= maxServerKeys) {
    const keyAt = (n: number) => content.subarray(n * serverKeyBytes, (n + 1) * serverKeyBytes);
    return [keyAt(0), ...Array.from({ length: count - 1 }, (_, n) => keyAt(n + 1))];
  }
  throw new StoreError(
    `${file} is not a server key: it has ${content.length} bytes in place of ${serverKeyBytes} for each of 1 to ` +
      `${maxServerKeys} keys. Restore it from a copy, or remove it; connectors with headers then have to be ` +
      "registered again, thoughts and compactions that callers have kept sealed are lost, and so are kept answers.",
  );
}

/** Makes a key file with one random key. Of two processes at once, the first one's key stays. */
export function createServerKeyFile(file: string): void {
  const partial = `${file}.${randomBytes(6).toString("hex")}.partial`;
  try {
    writePrivateFile(partial, randomBytes(serverKeyBytes));
    // Unlike a rename, a link does not replace what another process has made in the meantime.
    linkSync(partial, file);
    syncDirectoryOf(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Writes a new file with mode 0600 down to the disk, so that it can be given its name when it is whole. `owner` is
 * whose it is to be, where that is not who writes it: an administrator must not take the file from the gateway.
 */
export function writePrivateFile(file: string, content: Uint8Array, owner?: Owner): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    if (owner !== undefined && owner.uid !== process.geteuid?.()) {
      fchownSync(descriptor, owner.uid, owner.gid);
    }
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Brings a file's new name down to the disk. */
export function syncDirectoryOf(file: string): void {
  const descriptor = openSync(dirname(file), "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
