import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { load } from "sqlite-vec";
import { codeOf, SearchIndexError, saysDamaged } from "./errors.ts";
import { applicationId, schema, schemaVersion, tables } from "./schema.ts";

/**
 * Opens the connection that writes, and creates the file, with mode 0600, where it is missing. A file of another
 * schema or a damaged one is thrown away and begun anew, and `onDiscard` is told why.
 *
 * @throws SearchIndexError for a database of another program, which is left as it is, and where the file cannot
 * be opened or sqlite-vec cannot be loaded.
 */
export function openWriter(file: string, onDiscard: (reason: string) => void): Database.Database {
  try {
    const found = openExisting(file);
    if (typeof found !== "string") return found;
    onDiscard(found);
    removeDatabase(file);
    const begun = openExisting(file);
    if (typeof begun === "string") throw new Error(begun);
    return begun;
  } catch (cause) {
    throw toOpenError(file, cause);
  }
}

/**
 * Opens a connection that reads an index which {@link openWriter} has opened before.
 *
 * @throws SearchIndexError as {@link openWriter} does.
 */
export function openReader(file: string): Database.Database {
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    load(client);
    client.pragma("cache_size = -32000");
    client.pragma("temp_store = MEMORY");
    return client;
  } catch (cause) {
    client?.close();
    throw toOpenError(file, cause);
  }
}

/** Removes a database and its side files; what is not there is no error. */
export function removeDatabase(file: string): void {
  for (const suffix of ["-wal", "-shm", "-journal", ""]) rmSync(`${file}${suffix}`, { force: true });
}

/** The open database, or why the file is of no use. */
function openExisting(file: string): Database.Database | string {
  createPrivateFile(file);
  const client = new Database(file, { timeout: 5000 });
  try {
    const trouble = troubleWith(client);
    if (trouble !== undefined) {
      client.close();
      return trouble;
    }
    load(client);
    client.pragma("journal_mode = WAL");
    client.pragma("synchronous = NORMAL");
    // Deleted content is overwritten, not only forgotten.
    client.pragma("secure_delete = ON");
    client.pragma("temp_store = MEMORY");
    client.pragma("cache_size = -16000");
    // What a large removal has made of the log is given back to the disk.
    client.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    if (client.pragma("user_version", { simple: true }) === 0) create(client);
    return client;
  } catch (error) {
    client.close();
    if (saysDamaged(error)) return `it is damaged (${(error as Error).message})`;
    throw error;
  }
}

function troubleWith(client: Database.Database): string | undefined {
  const owner = client.pragma("application_id", { simple: true });
  const known = client.prepare<[], string>("SELECT name FROM sqlite_schema").pluck().all();
  if (owner === 0 && known.length === 0) return undefined;
  if (owner !== applicationId) {
    throw new SearchIndexError(
      "it is an SQLite database of another program. Name another file for the search index; this one is left untouched",
    );
  }
  const version = client.pragma("user_version", { simple: true });
  if (version !== schemaVersion) return `its schema is ${version}, this program's is ${schemaVersion}`;
  const missing = tables.find((table) => !known.includes(table));
  if (missing !== undefined) return `it has no table ${missing}`;
  // Reads a page of each, which is enough to see a file that was cut off or overwritten.
  for (const table of tables) client.prepare(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`).all();
  return undefined;
}

function create(client: Database.Database): void {
  client
    .transaction(() => {
      client.exec(schema);
      client.pragma(`application_id = ${applicationId}`);
      client.pragma(`user_version = ${schemaVersion}`);
    })
    .immediate();
}

function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // SQLite gives its side files the same mode.
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    chmodSync(file, 0o600);
  }
}

function toOpenError(file: string, cause: unknown): SearchIndexError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SearchIndexError(`Cannot open the search index ${file}: ${reason}. ${adviceFor(reason)}`, {
    cause,
    code: codeOf(cause),
  });
}

function adviceFor(reason: string): string {
  if (/another program/.test(reason)) return "";
  if (/sqlite-vec|vec0/i.test(reason)) {
    return "sqlite-vec is built for Linux (glibc), macOS and Windows on x64, and Linux and macOS on arm64: install it with its optional dependencies.";
  }
  return "Check that the user the gateway runs as may read and write it, and that the disk is not full.";
}
