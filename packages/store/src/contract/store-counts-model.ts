import type { FileCounts, VectorStoreFileStatus } from "@gateway/protocol";

/** A file in a store of the model. */
interface ModelFile {
  document: number;
  status: VectorStoreFileStatus;
  usageBytes: number;
  batch: ModelBatch | undefined;
}

/** A batch of the model: how each file ended, by document, also of those that have left. */
export interface ModelBatch {
  id: string;
  statuses: Map<number, VectorStoreFileStatus>;
}

/** A vector store of the model: its files in the order of their addition. */
export interface ModelStore {
  id: string;
  files: Map<string, ModelFile>;
  batches: ModelBatch[];
}

/** What a tenant has, in plain maps and arrays: everything is counted by going through it. */
export class KnowledgeModel {
  /** Bytes by id. */
  readonly files = new Map<string, number>();
  stores: ModelStore[] = [];

  attach(store: ModelStore, documents: ReadonlyMap<string, number>, batch: ModelBatch | undefined): void {
    if (batch) store.batches.push(batch);
    for (const [fileId, document] of documents) {
      this.detach(store, fileId);
      store.files.set(fileId, { document, status: "in_progress", usageBytes: 0, batch });
      batch?.statuses.set(document, "in_progress");
    }
  }

  detach(store: ModelStore, fileId: string): boolean {
    const file = store.files.get(fileId);
    if (file?.status === "in_progress") file.batch?.statuses.set(file.document, "cancelled");
    return store.files.delete(fileId);
  }

  deleteFile(fileId: string): void {
    this.files.delete(fileId);
    for (const store of this.stores) this.detach(store, fileId);
  }

  end(store: ModelStore, fileId: string, status: VectorStoreFileStatus, usageBytes: number): void {
    const file = store.files.get(fileId);
    if (file === undefined) return;
    Object.assign(file, { status, usageBytes });
    file.batch?.statuses.set(file.document, status);
  }

  cancel(batch: ModelBatch): void {
    for (const store of this.stores) {
      for (const [fileId, file] of store.files) {
        if (file.batch === batch && file.status === "in_progress") this.end(store, fileId, "cancelled", 0);
      }
    }
  }

  /** Documents that are to be ingested, ascending. */
  get inProgress(): number[] {
    const files = this.stores.flatMap((store) => [...store.files.values()]);
    return files
      .filter(({ status }) => status === "in_progress")
      .map(({ document }) => document)
      .sort((a, b) => a - b);
  }
}

/** Counts statuses one by one. */
export function recount(statuses: Iterable<VectorStoreFileStatus>): FileCounts {
  const counts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 };
  for (const status of statuses) {
    counts[status]++;
    counts.total++;
  }
  return counts;
}
