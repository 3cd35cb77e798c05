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
  UploadStore,
  VectorStores,
} from "@gateway/engine";
import type { Retention } from "./retention.ts";

/** What {@link Store.check} found. */
export interface StoreCheck {
  ok: boolean;
  /** One sentence for each thing that is wrong; empty when all is well. No paths, no content. */
  problems: string[];
}

/** An open store: everything the gateway keeps. One process holds it; see the package's `openStore`. */
export interface Store {
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
  readonly files: FileStore;
  readonly uploads: UploadStore;
  readonly blobs: BlobIndex;
  readonly vectorStores: VectorStores;
  readonly prompts: PromptStore;
  readonly connectors: ConnectorStore;
  readonly containers: ContainerStore;
  readonly idempotency: IdempotencyStore;
  readonly jobs: JobStore;
  readonly retention: Retention;
  /**
   * Tells whether the store can be written right now, by a real write, whether it is still the file that
   * was opened, and whether damage was met that no verification has found gone since. Cheap enough for a readiness probe. `"full"` also verifies every page and index, away from
   * the event loop, in time that grows with the file. Never rejects: trouble is a problem in the answer.
   */
  check(depth?: "quick" | "full"): Promise<StoreCheck>;
  /**
   * Copies the store as of now to a new file, while reads and writes go on. The file has mode 0600 and
   * appears under its name only when it is whole.
   *
   * @throws StoreError when the file exists already or cannot be written; nothing is left behind.
   */
  backup(file: string): Promise<void>;
  /**
   * Writes what is queued, then closes. Later calls are rejected with `storage_error`. Closing twice is fine.
   */
  close(): Promise<void>;
}
