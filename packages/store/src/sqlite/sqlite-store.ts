import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Sealer } from "../sealer.ts";
import type { Store, StoreCheck } from "../store.ts";
import { writeBackup } from "./backup.ts";
import { SqliteBlobIndex } from "./blob-index.ts";
import { SqliteConnectorStore } from "./connector-store.ts";
import { SqliteConversationStore } from "./conversation-store.ts";
import type { Database } from "./database.ts";
import { SqliteFileStore } from "./file-store.ts";
import { SqliteJobStore } from "./job-store.ts";
import { schemaVersion } from "./migrate.ts";
import { toCheck } from "./offline.ts";
import { SqlitePromptStore } from "./prompt-store.ts";
import { SqliteResponseStore } from "./response-store.ts";
import { SqliteUploadStore } from "./upload-store.ts";
import { SqliteVectorStores } from "./vector-stores.ts";

/** The store over an open database. */
export class SqliteStore implements Store {
  readonly responses: SqliteResponseStore;
  readonly conversations: SqliteConversationStore;
  readonly files: SqliteFileStore;
  readonly uploads: SqliteUploadStore;
  readonly blobs: SqliteBlobIndex;
  readonly vectorStores: SqliteVectorStores;
  readonly prompts: SqlitePromptStore;
  readonly connectors: SqliteConnectorStore;
  readonly jobs: SqliteJobStore;
  readonly #database: Database;
  #closed: Promise<void> | undefined;

  /** `sealer` encrypts the headers of connectors; `onProblem` is told of trouble that no call can report. */
  constructor(database: Database, sealer: Sealer, onProblem: (problem: Error) => void) {
    this.#database = database;
    const orm = drizzle(database.client);
    const { writer, erased } = database;
    this.responses = new SqliteResponseStore(orm, database.client, writer, erased);
    this.conversations = new SqliteConversationStore(orm, writer, erased);
    this.files = new SqliteFileStore(orm, writer, erased);
    this.uploads = new SqliteUploadStore(orm, writer, erased);
    this.blobs = new SqliteBlobIndex(orm, writer);
    this.vectorStores = new SqliteVectorStores(orm, writer, erased, onProblem);
    this.prompts = new SqlitePromptStore(orm, writer, erased);
    this.connectors = new SqliteConnectorStore(orm, writer, erased, sealer);
    this.jobs = new SqliteJobStore(orm, writer, erased);
    void this.responses.resume();
    void this.vectorStores.resume();
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
