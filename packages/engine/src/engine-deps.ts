import type { ApiError } from "@gateway/protocol";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { ModelCatalog } from "./model-backend.ts";
import type { ConversationStore, ResponseStore } from "./stores.ts";

/** The world as the engine sees it. */
export interface EngineDeps {
  catalog: ModelCatalog;
  responses: ResponseStore;
  conversations: ConversationStore;
  locks: ConversationLocks;
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
