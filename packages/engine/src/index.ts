export { ConversationLocks } from "./conversation-locks.ts";
export type { EngineDeps, RequestScope } from "./engine-deps.ts";
export type {
  ModelBackend,
  ModelCatalog,
  ModelInfo,
  ModelRoute,
  ModelTurn,
  TurnToolChoice,
} from "./model-backend.ts";
export type { FinishReason, ModelDelta } from "./model-delta.ts";
export { respond } from "./respond.ts";
export { type Outcome, ResponseBuilder } from "./response-builder.ts";
export {
  type ConversationStore,
  joinsConversation,
  type ResponseRecord,
  type ResponseStore,
} from "./stores.ts";
