import { randomBytes, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { StoreError } from "./errors.ts";
import { createServerKeyFile, parseServerKeys, serverKeyBytes } from "./server-key-file.ts";
import { resolveDatabaseFile } from "./sqlite/database-file.ts";

/** Settings of {@link loadServerKey}. */
export interface ServerKeyOptions {
  /** The database that the key is for, or `:memory:`. */
  path: string;
  /** What the operator has configured as `server_key`. */
  secret?: string | undefined;
  /** What the operator has configured as `former_server_keys`. */
  former?: readonly string[] | undefined;
}

/** The current key, then those that only open. */
export type ServerKeys = [current: Uint8Array, ...former: Uint8Array[]];

/**
 * The keys of this server, 32 bytes each: the first seals what it keeps, all of them open. With a configured secret the
 * first is derived from that (scrypt, RFC 7914; each secret takes some 50 ms), the same on every server with that
 * secret. Without one it is read from the file `FILE-key` beside the database, with those that it has replaced behind
 * it; the file is made with random content and mode 0600 where it is missing. Where a secret was configured later, the
 * keys of a file that is there still open. A database in memory gets a key that goes with the process. The keys of
 * configured former secrets come last. A backup of the database does not contain any.
 *
 * @throws StoreError when a secret is empty, or the file cannot be read or written, or is no key.
 */
export function loadServerKey({ path, secret, former = [] }: ServerKeyOptions): ServerKeys {
  const formerKeys = former.map((text) => deriveKey(text, "former_server_keys"));
  const configured = secret === undefined ? undefined : deriveKey(secret, "server_key");
  if (path === ":memory:") return [configured ?? randomBytes(serverKeyBytes), ...formerKeys];
  const file = `${resolveDatabaseFile(path)}-key`;
  if (configured === undefined) return [...keysOfOwnFile(file), ...formerKeys];
  return [configured, ...keysOfFormerFile(file), ...formerKeys];
}

/** The keys of the file, which is made where it is missing. */
function keysOfOwnFile(file: string): ServerKeys {
  try {
    return parseServerKeys(file, readIfThere(file) ?? create(file));
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      `Cannot read or create the server's key ${file}: ${(cause as Error).message}. ` +
        "Make it readable for the user the gateway runs as, or set server_key.",
      { cause },
    );
  }
}

/** The keys of a file that was in use before a secret was configured; none where it is not there. */
function keysOfFormerFile(file: string): Uint8Array[] {
  try {
    const content = readIfThere(file);
    return content === undefined ? [] : parseServerKeys(file, content);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      `Cannot read ${file}, whose keys open what was sealed before server_key was set: ${(cause as Error).message}. ` +
        "Make it readable for the user the gateway runs as, or remove it where nothing that it sealed is wanted.",
      { cause },
    );
  }
}

function deriveKey(secret: string, setting: string): Uint8Array {
  if (secret === "")
    throw new StoreError(`${setting} is empty. Set it to a long random text, or leave it out.`);
  return scryptSync(secret, "gateway server key v1", serverKeyBytes);
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

function create(file: string): Uint8Array {
  createServerKeyFile(file);
  return readFileSync(file);
}
