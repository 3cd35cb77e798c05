import Database from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { createPrivateFile } from "./database-file.ts";
import { assertKnownSchema, migrate } from "./migrate.ts";

/**
 * Opens the writing connection to a database, creates the file where it is missing and brings it to the
 * newest schema. Nothing is written to a file that is not this program's. `:memory:` is a new empty database.
 *
 * @throws StoreError that names the file and what to do.
 */
export function openClient(file: string): Database.Database {
  let client: Database.Database | undefined;
  try {
    if (file !== ":memory:") createPrivateFile(file);
    // No waiting inside SQLite: it would stop the event loop. The writer waits by itself.
    client = new Database(file, { timeout: 0 });
    assertKnownSchema(client, file);
    client.pragma("journal_mode = WAL");
    // A commit survives the end of the process. For a power cut there is LogSync.
    client.pragma("synchronous = NORMAL");
    // Deleted content is overwritten, not only forgotten.
    client.pragma("secure_delete = ON");
    client.pragma("temp_store = MEMORY");
    // Rows are added at the end and read by key: 4 MB of pages serve as well as the 16 MB of the default.
    client.pragma("cache_size = -4000");
    client.pragma("foreign_keys = ON");
    migrate(client, file);
    return client;
  } catch (cause) {
    client?.close();
    throw cause instanceof StoreError ? cause : toOpenError(file, cause as Error);
  }
}

/**
 * Opens a connection that reads a database, also one that a running gateway writes to.
 *
 * @throws StoreError when there is no such file or it is not this program's.
 */
export function openReader(file: string): Database.Database {
  let client: Database.Database | undefined;
  try {
    client = new Database(file, { readonly: true, fileMustExist: true });
    assertKnownSchema(client, file);
    return client;
  } catch (cause) {
    client?.close();
    throw cause instanceof StoreError ? cause : toOpenError(file, cause as Error);
  }
}

function toOpenError(file: string, cause: Error & { code?: string }): StoreError {
  return new StoreError(`Cannot open the database ${file}: ${cause.message}. ${adviceFor(cause.code)}`, {
    cause,
  });
}

function adviceFor(code = ""): string {
  if (code.startsWith("SQLITE_NOTADB")) return "It is not an SQLite file: name another one in store.path.";
  if (code.startsWith("SQLITE_CORRUPT")) return "It is damaged: restore a backup.";
  if (code.startsWith("SQLITE_BUSY")) return "Another program is writing to it: end that one first.";
  return "Check that the file exists and that the user the gateway runs as may read and write it.";
}
