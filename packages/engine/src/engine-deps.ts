import type { ApiError } from "@gateway/protocol";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { KnowledgeSearch } from "./knowledge/knowledge-search.ts";
import type { PromptStore } from "./knowledge/prompt-store.ts";
import type { RequestFiles } from "./knowledge/request-files.ts";
import type { ModelCatalog } from "./model-backend.ts";
import type { RunningResponses } from "./running-responses.ts";
import type { ConversationStore, ResponseStore } from "./stores.ts";

/** The world as the engine sees it. */
export interface EngineDeps {
  catalog: ModelCatalog;
  responses: ResponseStore;
  conversations: ConversationStore;
  locks: ConversationLocks;
  running: RunningResponses;
  /** Files that requests refer to. */
  files: RequestFiles;
  /** What `file_search` searches. */
  knowledge: KnowledgeSearch;
  prompts: PromptStore;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What belongs to one request beside its body. */
export interface RequestScope {
  tenant: string;
  /** Aborted by the caller when nobody is left to read the answer, and by the engine when its stream is returned. */
  abort: AbortController;
  /** Is told why a response failed after it had begun: the event says less than the error does. */
  onFailure(error: ApiError): void;
  /** Is told of faults that the client does not see, for the log. */
  onFault(message: string, cause?: unknown): void;
}
