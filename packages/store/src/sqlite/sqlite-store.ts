import type {
  BlobIndex,
  ConnectorStore,
  ContainerStore,
  ConversationStore,
  FileStore,
  IdempotencyStore,
  JobStore,
  PromptStore,
  ResponseStore,
  Sealer,
  UploadStore,
  VectorStores,
} from "@gateway/engine";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Retention } from "../retention.ts";
import type { Store, StoreCheck } from "../store.ts";
import { writeBackup } from "./backup.ts";
import { SqliteBlobIndex } from "./blob-index.ts";
import { SqliteConnectorStore } from "./connector-store.ts";
import { SqliteContainerStore } from "./container-store.ts";
import { SqliteConversationStore } from "./conversation-store.ts";
import { DamageWatch } from "./damage-watch.ts";
import type { Database } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { SqliteFileStore } from "./file-store.ts";
import { SqliteIdempotencyStore } from "./idempotency-store.ts";
import { SqliteJobStore } from "./job-store.ts";
import { schemaVersion } from "./migrate.ts";
import { toCheck } from "./offline.ts";
import { SqlitePromptStore } from "./prompt-store.ts";
import { SqliteResponseStore } from "./response-store.ts";
import { SqliteRetention } from "./retention.ts";
import { SqliteUploadStore } from "./upload-store.ts";
import { SqliteVectorStores } from "./vector-stores.ts";

/** The store over an open database. */
export class SqliteStore implements Store {
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
  readonly files: FileStore;
  readonly uploads: UploadStore;
  readonly blobs: BlobIndex;
  readonly vectorStores: VectorStores & Pick<SqliteVectorStores, "resume">;
  readonly prompts: PromptStore;
  readonly connectors: ConnectorStore;
  readonly containers: ContainerStore;
  readonly idempotency: IdempotencyStore;
  readonly jobs: JobStore;
  readonly retention: Retention;
  readonly #database: Database;
  readonly #damage: DamageWatch;
  readonly #log: EventLog;
  #closed: Promise<void> | undefined;

  /** `sealer` encrypts the headers of connectors; `onProblem` is told of trouble that no call can report. */
  constructor(database: Database, sealer: Sealer, onProblem: (problem: Error) => void) {
    this.#database = database;
    const { client, writer, erased } = database;
    const orm = drizzle(client);
    const damage = new DamageWatch(
      async () => toCheck(await database.integrity()).ok,
      () => void client.pragma("shrink_memory"),
    );
    this.#damage = damage;
    const log = new EventLog(client, writer);
    this.#log = log;
    const responses = new SqliteResponseStore(orm, client, log, writer, erased);
    const vectorStores = new SqliteVectorStores(orm, writer, erased, onProblem);
    const retention = new SqliteRetention(orm, client, log, writer, erased);
    this.responses = damage.over<ResponseStore>(responses);
    this.conversations = damage.over<ConversationStore>(new SqliteConversationStore(orm, writer, erased));
    this.files = damage.over<FileStore>(new SqliteFileStore(orm, writer, erased));
    this.uploads = damage.over<UploadStore>(new SqliteUploadStore(orm, writer, erased));
    this.blobs = damage.over<BlobIndex>(new SqliteBlobIndex(orm, writer));
    this.vectorStores = damage.over<VectorStores & Pick<SqliteVectorStores, "resume">>(vectorStores);
    this.prompts = damage.over<PromptStore>(new SqlitePromptStore(orm, writer, erased));
    this.connectors = damage.over<ConnectorStore>(new SqliteConnectorStore(orm, writer, erased, sealer));
    this.containers = damage.over<ContainerStore>(new SqliteContainerStore(orm, writer, erased));
    this.idempotency = damage.over<IdempotencyStore>(new SqliteIdempotencyStore(orm, writer, erased));
    this.jobs = damage.over<JobStore>(new SqliteJobStore(orm, writer, erased));
    this.retention = damage.over<Retention>(retention);
    void responses.resume();
    void vectorStores.resume();
    void retention.resume();
  }

  async check(depth: "quick" | "full" = "quick"): Promise<StoreCheck> {
    if (!this.#database.isInPlace()) {
      return toProblem("The database file was moved or removed while in use. Put it back, or restart.");
    }
    try {
      await this.#rewriteHeader();
      if (!this.#database.hasRoom()) return toProblem("The database cannot be written (its disk is full).");
    } catch (error) {
      return toProblem(`The database cannot be written (${reasonOf(error)}).`);
    }
    if (depth === "quick") {
      if (!this.#damage.isMet) return { ok: true, problems: [] };
      return toProblem("The database is damaged or cannot be read. Check it, and restore a backup.");
    }
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
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Both at once: the journal is emptied last, and nothing is written after it.
    await Promise.all([this.#log.settle(), this.#database.writer.close()]);
    await this.#database.close();
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
