import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/*
 * The tables as the queries see them; `migrations/` creates them, and a test compares the two.
 * All are ordinary rowid tables: with rows of this size WITHOUT ROWID costs almost three times as much.
 * `seq` and `position` are the rowid, so they also give the order in which rows were written.
 */

/**
 * A row per response. A deleted one stays as a link of the chain, with status `deleted` and without
 * content. `response` and `input` are JSON text, stringified when the store was called.
 */
export const responses = sqliteTable(
  "responses",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    previousId: text("previous_id"),
    conversationId: text("conversation_id"),
    status: text("status").notNull(),
    createdAt: integer("created_at").notNull(),
    response: text("response"),
    input: text("input"),
  },
  (table) => [
    uniqueIndex("responses_by_id").on(table.tenant, table.id),
    // By the rowid, so that it gives the oldest first.
    index("responses_unfinished").on(table.seq).where(sql`status IN ('queued', 'in_progress')`),
    index("responses_ended")
      .on(table.createdAt)
      .where(sql`status NOT IN ('queued', 'in_progress', 'deleted')`),
  ],
);

/**
 * The logs of events, in a few rows for each response: `events` is packed events, a line each or many, as
 * `packEvents` of the protocol makes them, `first` the number of the first. Before version 5 a row had one batch, and
 * the JSON of an event on each line, which is read the same way. Rows of one response are those of its `seq`, which is
 * never used again; that is not checked as a foreign key, since it would cost every row a look-up.
 */
export const responseEvents = sqliteTable(
  "response_events",
  {
    seq: integer("seq").primaryKey(),
    responseSeq: integer("response_seq").notNull(),
    first: integer("first").notNull(),
    events: text("events").notNull(),
  },
  (table) => [index("response_events_in_order").on(table.responseSeq, table.first)],
);

/**
 * The events of responses that run, of all that were logged in one transaction in one row, until they are in
 * `response_events`: when the response ends, or when the journal is emptied. What it has of responses that have ended
 * is of no use any more. `entries` is, for each response, a line with its `seq` and the number of the first event,
 * then lines of packed events.
 */
export const eventJournal = sqliteTable("event_journal", {
  seq: integer("seq").primaryKey(),
  entries: text("entries").notNull(),
});

/** Responses whose events are being removed, a slice at a time. Nobody can read those any more. */
export const deletedEventLogs = sqliteTable("deleted_event_logs", {
  responseSeq: integer("response_seq").primaryKey(),
});

/**
 * Where to find items whose id does not carry their response's key. Only those have a row here; all
 * others are found by `responseIdOfItem`.
 */
export const foreignItems = sqliteTable(
  "foreign_items",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    itemId: text("item_id").notNull(),
    responseSeq: integer("response_seq")
      .notNull()
      .references(() => responses.seq),
  },
  (table) => [
    uniqueIndex("foreign_items_of_response").on(table.responseSeq, table.itemId),
    index("foreign_items_by_id").on(table.tenant, table.itemId),
  ],
);

/**
 * A row per conversation; `metadata` is JSON text. `lastActiveAt` is when it was last written to, in Unix seconds, and
 * never goes back; -1 is a conversation that is being removed, a slice of its items at a time: it has no tenant then,
 * so that nobody finds it.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    createdAt: integer("created_at").notNull(),
    metadata: text("metadata").notNull(),
    lastActiveAt: integer("last_active_at").notNull(),
  },
  (table) => [
    uniqueIndex("conversations_by_id").on(table.tenant, table.id),
    index("conversations_by_activity").on(table.lastActiveAt),
  ],
);

/** A row per item of a conversation, in the order of `position`. They go with their conversation. */
export const conversationItems = sqliteTable(
  "conversation_items",
  {
    position: integer("position").primaryKey(),
    tenant: text("tenant").notNull(),
    conversationSeq: integer("conversation_seq")
      .notNull()
      .references(() => conversations.seq, { onDelete: "cascade" }),
    itemId: text("item_id").notNull(),
    item: text("item").notNull(),
  },
  (table) => [
    uniqueIndex("conversation_items_by_id").on(table.tenant, table.itemId, table.conversationSeq),
    // The rowid is the last column of every index: this one also gives the order.
    index("conversation_items_in_order").on(table.conversationSeq),
  ],
);

/** A row per file; its content is in the blob store, under `hash`. */
export const files = sqliteTable(
  "files",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    filename: text("filename").notNull(),
    purpose: text("purpose").notNull(),
    bytes: integer("bytes").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    hash: text("hash").notNull(),
  },
  (table) => [
    uniqueIndex("files_by_id").on(table.tenant, table.id),
    index("files_in_order").on(table.tenant),
    index("files_by_purpose").on(table.tenant, table.purpose),
    index("files_expiring").on(table.expiresAt).where(sql`expires_at IS NOT NULL`),
  ],
);

/** What a tenant's files come to. Triggers keep it; a tenant that never had a file has no row. */
export const fileTotals = sqliteTable(
  "file_totals",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    files: integer("files").notNull(),
    bytes: integer("bytes").notNull(),
  },
  (table) => [uniqueIndex("file_totals_by_tenant").on(table.tenant)],
);

/**
 * A row per upload. `received` is the sum of its parts, kept by a trigger, and stays when they are dropped. One
 * that was completed goes with its file.
 */
export const uploads = sqliteTable(
  "uploads",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    filename: text("filename").notNull(),
    purpose: text("purpose").notNull(),
    mimeType: text("mime_type").notNull(),
    bytes: integer("bytes").notNull(),
    received: integer("received").notNull(),
    status: text("status").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    fileExpiry: integer("file_expiry"),
    fileSeq: integer("file_seq").references(() => files.seq, { onDelete: "cascade" }),
  },
  (table) => [
    uniqueIndex("uploads_by_id").on(table.tenant, table.id),
    index("uploads_expiring").on(table.expiresAt).where(sql`status = 'pending'`),
    index("uploads_of_file").on(table.fileSeq).where(sql`file_seq IS NOT NULL`),
  ],
);

/** A row per part of an upload that is pending. */
export const uploadParts = sqliteTable(
  "upload_parts",
  {
    seq: integer("seq").primaryKey(),
    uploadSeq: integer("upload_seq")
      .notNull()
      .references(() => uploads.seq, { onDelete: "cascade" }),
    id: text("id").notNull(),
    createdAt: integer("created_at").notNull(),
    hash: text("hash").notNull(),
    bytes: integer("bytes").notNull(),
  },
  (table) => [uniqueIndex("upload_parts_by_id").on(table.uploadSeq, table.id)],
);

/** A row per content in the blob store; triggers count the files and parts that refer to it. Of no tenant. */
export const blobs = sqliteTable(
  "blobs",
  {
    seq: integer("seq").primaryKey(),
    hash: text("hash").notNull(),
    bytes: integer("bytes").notNull(),
    announcedAt: integer("announced_at").notNull(),
    refs: integer("refs").notNull(),
  },
  (table) => [
    uniqueIndex("blobs_by_hash").on(table.hash),
    index("blobs_unused").on(table.announcedAt).where(sql`refs = 0`),
  ],
);

/**
 * A row per vector store. `seq` is its number in the search index and never used again. Triggers keep the counts of
 * its files by status, and the sum of their bytes.
 */
export const vectorStores = sqliteTable(
  "vector_stores",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    createdAt: integer("created_at").notNull(),
    name: text("name"),
    description: text("description"),
    metadata: text("metadata").notNull(),
    expiresDays: integer("expires_days"),
    lastActiveAt: integer("last_active_at").notNull(),
    usageBytes: integer("usage_bytes").notNull(),
    inProgress: integer("in_progress").notNull(),
    completed: integer("completed").notNull(),
    failed: integer("failed").notNull(),
    cancelled: integer("cancelled").notNull(),
  },
  (table) => [
    uniqueIndex("vector_stores_by_id").on(table.tenant, table.id),
    index("vector_stores_in_order").on(table.tenant),
  ],
);

/**
 * Stores that were deleted and whose files and batches are still being removed, a slice at a time. Every query
 * over those goes by their store, so that nobody sees them any more; for that they do not refer to it by key.
 */
export const deletedVectorStores = sqliteTable("deleted_vector_stores", {
  storeSeq: integer("store_seq").primaryKey(),
});

/** A row per batch. Triggers keep the counts: of all files it was made of, also of those that have left the store. */
export const fileBatches = sqliteTable(
  "file_batches",
  {
    seq: integer("seq").primaryKey(),
    storeSeq: integer("store_seq").notNull(),
    id: text("id").notNull(),
    createdAt: integer("created_at").notNull(),
    wasCancelled: integer("was_cancelled", { mode: "boolean" }).notNull(),
    inProgress: integer("in_progress").notNull(),
    completed: integer("completed").notNull(),
    failed: integer("failed").notNull(),
    cancelled: integer("cancelled").notNull(),
  },
  (table) => [uniqueIndex("file_batches_by_id").on(table.storeSeq, table.id)],
);

/** A row per file in a store. `document` is its number in the search index and never used again. */
export const vectorStoreFiles = sqliteTable(
  "vector_store_files",
  {
    document: integer("document").primaryKey({ autoIncrement: true }),
    storeSeq: integer("store_seq").notNull(),
    fileSeq: integer("file_seq")
      .notNull()
      .references(() => files.seq),
    batchSeq: integer("batch_seq"),
    createdAt: integer("created_at").notNull(),
    status: text("status").notNull(),
    lastError: text("last_error"),
    usageBytes: integer("usage_bytes").notNull(),
    attributes: text("attributes").notNull(),
    chunkTokens: integer("chunk_tokens").notNull(),
    overlapTokens: integer("overlap_tokens").notNull(),
  },
  (table) => [
    uniqueIndex("vector_store_files_by_file").on(table.fileSeq, table.storeSeq),
    index("vector_store_files_in_order").on(table.storeSeq),
    index("vector_store_files_by_status").on(table.storeSeq, table.status),
    index("vector_store_files_of_batch").on(table.batchSeq).where(sql`batch_seq IS NOT NULL`),
  ],
);

/** A row per prompt. */
export const prompts = sqliteTable(
  "prompts",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    latestVersion: integer("latest_version").notNull(),
    defaultVersion: integer("default_version").notNull(),
  },
  (table) => [
    uniqueIndex("prompts_by_id").on(table.tenant, table.id),
    index("prompts_in_order").on(table.tenant),
  ],
);

/** A row per version of a prompt, numbered from 1 without a gap. They go with their prompt. */
export const promptVersions = sqliteTable(
  "prompt_versions",
  {
    seq: integer("seq").primaryKey(),
    promptSeq: integer("prompt_seq")
      .notNull()
      .references(() => prompts.seq, { onDelete: "cascade" }),
    version: integer("version").notNull(),
    createdAt: integer("created_at").notNull(),
    name: text("name"),
    prompt: text("prompt").notNull(),
    variables: text("variables").notNull(),
  },
  (table) => [uniqueIndex("prompt_versions_by_number").on(table.promptSeq, table.version)],
);

/** A row per connector; `headers` is sealed JSON text, or null where there are none. */
export const connectors = sqliteTable(
  "connectors",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    name: text("name").notNull(),
    serverUrl: text("server_url").notNull(),
    createdAt: integer("created_at").notNull(),
    headers: text("headers"),
  },
  (table) => [
    uniqueIndex("connectors_by_id").on(table.tenant, table.id),
    index("connectors_in_order").on(table.tenant),
  ],
);

/**
 * A row per idempotency key: which response answers its requests. `bodyHash` tells whether another request asks for
 * the same; `answer` is sealed, and only there for a response that is not stored.
 */
export const idempotencyClaims = sqliteTable(
  "idempotency_claims",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    path: text("path").notNull(),
    key: text("key").notNull(),
    bodyHash: text("body_hash").notNull(),
    responseId: text("response_id").notNull(),
    claimedAt: integer("claimed_at").notNull(),
    answer: text("answer"),
  },
  (table) => [
    uniqueIndex("idempotency_claims_by_key").on(table.tenant, table.path, table.key),
    index("idempotency_claims_by_response").on(table.responseId),
    index("idempotency_claims_by_time").on(table.claimedAt),
  ],
);

/**
 * A row per job that is not done. `ready` may begin, `delayed` not before its time, `running` was taken. The rowid
 * is the last column of every index, so that `jobs_ready` gives the oldest job of each tenant.
 */
export const jobs = sqliteTable(
  "jobs",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    kind: text("kind").notNull(),
    tenant: text("tenant").notNull(),
    subject: text("subject").notNull(),
    payload: text("payload"),
    state: text("state").notNull(),
    notBefore: integer("not_before").notNull(),
    attempt: integer("attempt").notNull(),
  },
  (table) => [
    index("jobs_ready").on(table.kind, table.tenant).where(sql`state = 'ready'`),
    index("jobs_delayed").on(table.kind, table.notBefore).where(sql`state = 'delayed'`),
    index("jobs_running").on(table.state).where(sql`state = 'running'`),
    index("jobs_by_subject").on(table.kind, table.subject),
  ],
);

/** A row per container of the code interpreter. `used` is 1 once code has been run in it. */
export const containers = sqliteTable(
  "containers",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    name: text("name").notNull(),
    createdAt: integer("created_at").notNull(),
    lastActiveAt: integer("last_active_at").notNull(),
    expiresAfter: integer("expires_after").notNull(),
    memoryLimit: text("memory_limit").notNull(),
    used: integer("used").notNull(),
  },
  (table) => [
    uniqueIndex("containers_by_id").on(table.tenant, table.id),
    index("containers_in_order").on(table.tenant),
    index("containers_by_name").on(table.tenant, table.name),
    index("containers_by_activity").on(table.lastActiveAt),
  ],
);

/** A row per file of a container; they go with it. Triggers keep the references to what is in them. */
export const containerFiles = sqliteTable(
  "container_files",
  {
    seq: integer("seq").primaryKey(),
    containerSeq: integer("container_seq")
      .notNull()
      .references(() => containers.seq, { onDelete: "cascade" }),
    id: text("id").notNull(),
    path: text("path").notNull(),
    bytes: integer("bytes").notNull(),
    createdAt: integer("created_at").notNull(),
    source: text("source").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [
    uniqueIndex("container_files_by_path").on(table.containerSeq, table.path),
    uniqueIndex("container_files_by_id").on(table.containerSeq, table.id),
    index("container_files_in_order").on(table.containerSeq),
  ],
);
