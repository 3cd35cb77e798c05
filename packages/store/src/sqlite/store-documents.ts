import type { StoreFileName, StoreFileWork, VectorStores } from "@gateway/engine";
import type { Attributes, IngestError, VectorStoreFileStatus } from "@gateway/protocol";
import { and, asc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type JobQueue, prepareJobQueue } from "./job-queue.ts";
import { files, vectorStoreFiles, vectorStores } from "./schema.ts";

type Outcome = Parameters<VectorStores["settle"]>[1];

/**
 * The files of stores as the ingestion and the search index name them: by document number, across tenants. Files of
 * a store that was deleted are not there, although their rows may be for a while.
 */
export class StoreDocuments {
  readonly #writer: GroupCommit;
  readonly #queue: JobQueue;
  readonly #statements: ReturnType<typeof prepareDocumentStatements>;

  constructor(orm: BetterSQLite3Database, writer: GroupCommit) {
    this.#writer = writer;
    this.#queue = prepareJobQueue(orm);
    this.#statements = prepareDocumentStatements(orm);
  }

  /** See `VectorStores.work`. */
  async work(document: number): Promise<StoreFileWork | undefined> {
    return reading(() => {
      const row = this.#statements.work.get({ document });
      if (row === undefined) return undefined;
      const { attributes, chunkTokens, overlapTokens, status, ...rest } = row;
      return {
        ...rest,
        attributes: JSON.parse(attributes) as Attributes,
        chunking: { max_chunk_size_tokens: chunkTokens, chunk_overlap_tokens: overlapTokens },
        status: status as VectorStoreFileStatus,
      };
    });
  }

  /** See `VectorStores.settle`. */
  async settle(document: number, outcome: Outcome): Promise<boolean> {
    const row =
      outcome.status === "completed"
        ? { status: "completed", usageBytes: outcome.usageBytes, lastError: null }
        : { status: "failed", usageBytes: 0, lastError: toErrorText(outcome.error) };
    return this.#writer.write(() => this.#statements.settle.run({ document, ...row }).changes > 0);
  }

  /** See `VectorStores.names`. */
  async names(documents: readonly number[]): Promise<ReadonlyMap<number, StoreFileName>> {
    return reading(() => {
      const rows = this.#statements.names.all({ documents: JSON.stringify(documents) });
      return new Map(
        rows.map(({ document, fileId, filename, attributes }) => [
          document,
          { fileId, filename, attributes: JSON.parse(attributes) as Attributes },
        ]),
      );
    });
  }

  /** See `VectorStores.completedDocuments`. */
  async completedDocuments(after: number, limit: number): Promise<number[]> {
    return reading(() => this.#statements.completed.all({ after, limit }).map(({ document }) => document));
  }

  /** See `VectorStores.ingestAgain`. Documents that are not completed are passed over. */
  async ingestAgain(documents: readonly number[]): Promise<void> {
    const given = JSON.stringify(documents);
    await this.#writer.write(() => {
      const byTenant = new Map<string, number[]>();
      for (const { document, tenant } of this.#statements.tenants.all({ documents: given })) {
        const ofTenant = byTenant.get(tenant) ?? [];
        ofTenant.push(document);
        byTenant.set(tenant, ofTenant);
      }
      for (const [tenant, ofTenant] of byTenant) {
        const text = JSON.stringify(ofTenant);
        this.#statements.reopen.run({ documents: text });
        this.#queue.addIngestion(tenant, text);
      }
    }, documents.length * 200);
  }
}

/** The error as it is stored: its own two fields, whatever else the object has. */
function toErrorText({ code, message }: IngestError): string {
  return JSON.stringify({ code, message });
}

const { placeholder } = sql;

function prepareDocumentStatements(orm: BetterSQLite3Database) {
  const { document } = vectorStoreFiles;
  const isDocument = eq(document, placeholder("document"));
  const isGiven = inArray(document, sql`(SELECT value FROM json_each(${placeholder("documents")}))`);
  const isCompleted = eq(vectorStoreFiles.status, "completed");
  const isInStore = sql`EXISTS (SELECT 1 FROM ${vectorStores} WHERE ${vectorStores.seq} = ${vectorStoreFiles.storeSeq})`;
  const ofStore = eq(vectorStores.seq, vectorStoreFiles.storeSeq);
  const ofFile = eq(files.seq, vectorStoreFiles.fileSeq);
  const givenAndCompleted: SQL | undefined = and(isGiven, isCompleted);
  return {
    work: orm
      .select({
        document,
        store: vectorStores.seq,
        storeId: vectorStores.id,
        fileId: files.id,
        filename: files.filename,
        hash: files.hash,
        bytes: files.bytes,
        attributes: vectorStoreFiles.attributes,
        chunkTokens: vectorStoreFiles.chunkTokens,
        overlapTokens: vectorStoreFiles.overlapTokens,
        status: vectorStoreFiles.status,
      })
      .from(vectorStoreFiles)
      .innerJoin(vectorStores, ofStore)
      .innerJoin(files, ofFile)
      .where(isDocument)
      .prepare(),
    settle: orm
      .update(vectorStoreFiles)
      .set({
        status: sql`${placeholder("status")}`,
        usageBytes: sql`${placeholder("usageBytes")}`,
        lastError: sql`${placeholder("lastError")}`,
      })
      .where(and(isDocument, eq(vectorStoreFiles.status, "in_progress"), isInStore))
      .prepare(),
    names: orm
      .select({
        document,
        fileId: files.id,
        filename: files.filename,
        attributes: vectorStoreFiles.attributes,
      })
      .from(vectorStoreFiles)
      .innerJoin(files, ofFile)
      .where(and(givenAndCompleted, isInStore))
      .prepare(),
    completed: orm
      .select({ document })
      .from(vectorStoreFiles)
      .where(and(gt(document, placeholder("after")), isCompleted, isInStore))
      .orderBy(asc(document))
      .limit(placeholder("limit"))
      .prepare(),
    tenants: orm
      .select({ document, tenant: vectorStores.tenant })
      .from(vectorStoreFiles)
      .innerJoin(vectorStores, ofStore)
      .where(givenAndCompleted)
      .orderBy(asc(document))
      .prepare(),
    reopen: orm
      .update(vectorStoreFiles)
      .set({ status: "in_progress", usageBytes: 0, lastError: null })
      .where(isGiven)
      .prepare(),
  };
}
