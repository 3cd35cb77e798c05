import { randomBytes, scryptSync } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { StoreError } from "./errors.ts";
import { resolveDatabaseFile } from "./sqlite/database-file.ts";

/** Settings of {@link loadServerKey}. */
export interface ServerKeyOptions {
  /** The database that the key is for, or `:memory:`. */
  path: string;
  /** What the operator has configured as `server_key`. */
  secret?: string | undefined;
}

const keyBytes = 32;

/**
 * The key under which this server seals what it keeps, 32 bytes. With a configured secret it is derived from that
 * (scrypt, RFC 7914; takes some 50 ms), the same on every server with that secret. Without one it is read from the
 * file `FILE-key` beside the database, made with random content and mode 0600 where it is missing; a database in
 * memory gets a key that goes with the process. A backup of the database does not contain the key.
 *
 * @throws StoreError when the secret is empty, or the file cannot be read or written, or is no key.
 */
export function loadServerKey({ path, secret }: ServerKeyOptions): Uint8Array {
  if (secret !== undefined) return deriveKey(secret);
  if (path === ":memory:") return randomBytes(keyBytes);
  const file = `${resolveDatabaseFile(path)}-key`;
  try {
    return checkedKey(file, readOrCreate(file));
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      `Cannot read or create the server's key ${file}: ${(cause as Error).message}. ` +
        "Make it readable for the user the gateway runs as, or set server_key.",
      { cause },
    );
  }
}

function deriveKey(secret: string): Uint8Array {
  if (secret === "")
    throw new StoreError("server_key is empty. Set it to a long random text, or leave it out.");
  return scryptSync(secret, "gateway server key v1", keyBytes);
}

function readOrCreate(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  create(file);
  return readFileSync(file);
}

/** Gives the file its name only when it is whole and on the disk; of two processes at once, the first one's key stays. */
function create(file: string): void {
  const partial = `${file}.${randomBytes(6).toString("hex")}.partial`;
  try {
    const descriptor = openSync(partial, "wx", 0o600);
    try {
      writeSync(descriptor, randomBytes(keyBytes));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}

function checkedKey(file: string, key: Uint8Array): Uint8Array {
  if (key.length === keyBytes) return key;
  throw new StoreError(
    `${file} is not a server key: it has ${key.length} bytes in place of ${keyBytes}. Restore it from a copy, or ` +
      "remove it; connectors with headers then have to be registered again.",
  );
}
