import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Store, StoreCheck } from "../store.ts";
import { writeBackup } from "./backup.ts";
import { SqliteConversationStore } from "./conversation-store.ts";
import type { Database } from "./database.ts";
import { schemaVersion } from "./migrate.ts";
import { toCheck } from "./offline.ts";
import { SqliteResponseStore } from "./response-store.ts";

/** The store over an open database. */
export class SqliteStore implements Store {
  readonly responses: SqliteResponseStore;
  readonly conversations: SqliteConversationStore;
  readonly #database: Database;
  #closed: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
    const orm = drizzle(database.client);
    this.responses = new SqliteResponseStore(orm, database.writer, database.erased);
    this.conversations = new SqliteConversationStore(orm, database.writer, database.erased);
  }

  async check(depth: "quick" | "full" = "quick"): Promise<StoreCheck> {
    try {
      await this.#rewriteHeader();
    } catch (error) {
      return toProblem(`The database cannot be written (${reasonOf(error)}).`);
    }
    if (!this.#database.isInPlace()) {
      return toProblem("The database file was moved or removed while in use. Put it back and restart.");
    }
    if (depth === "quick") return { ok: true, problems: [] };
    try {
      return toCheck(await this.#database.integrity());
    } catch (error) {
      return toProblem(`The database could not be verified (${reasonOf(error)}).`);
    }
  }

  async backup(file: string): Promise<void> {
    await writeBackup(file, (partial) => this.#database.copyTo(partial));
  }

  close(): Promise<void> {
    this.#closed ??= this.#database.writer.close().then(() => this.#database.close());
    return this.#closed;
  }

  /** A write that changes nothing: the schema's version is set to what it is, which writes a page. */
  async #rewriteHeader(): Promise<void> {
    const { client, writer } = this.#database;
    await writer.write(() => client.pragma(`user_version = ${schemaVersion(client)}`));
  }
}

function toProblem(problem: string): StoreCheck {
  return { ok: false, problems: [problem] };
}

/** What went wrong inside, without the sentence that clients are shown. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
