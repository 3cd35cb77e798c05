export {
  type BackgroundDeps,
  BackgroundResponses,
  respondJob,
} from "./background/background-responses.ts";
export { type Recovered, recoverResponses } from "./background/recover.ts";
export { compactWindow } from "./compaction/compact-window.ts";
export { compactionInstructions, isSummaryTurn } from "./compaction/compaction-prompt.ts";
export { ConversationLocks } from "./conversation-locks.ts";
export { countInput } from "./count-input.ts";
export type { ContextMemory, EngineDeps, RequestScope } from "./engine-deps.ts";
export { openEvents } from "./follow-events.ts";
export { ForwardingBackend } from "./forwarding-backend.ts";
export type { Claim, IdempotencyStore, RequestKey } from "./idempotency/idempotency-store.ts";
export {
  type Entrance,
  type IdempotencyDeps,
  IdempotentRequests,
  type KeyedRequest,
} from "./idempotency/idempotent-requests.ts";
export type { KeyedRun } from "./idempotency/keyed-run.ts";
export type { ImageMaker, ImageOrder, ImageTokens, MadeImage } from "./images/image-maker.ts";
export {
  type JobKind,
  type JobRunner,
  type JobRunnerDeps,
  openJobRunner,
} from "./jobs/job-runner.ts";
export type { Job, JobStore, NewJob } from "./jobs/job-store.ts";
export type { BlobIndex, BlobStore, ByteRange, ReceivedBlob } from "./knowledge/blob-store.ts";
export type { ConnectorRecord, ConnectorStore } from "./knowledge/connector-store.ts";
export type { Embedder } from "./knowledge/embedder.ts";
export type {
  FileQuota,
  FileRecord,
  FileStore,
  PartRecord,
  QuotaExceeded,
  UploadRecord,
  UploadStore,
} from "./knowledge/file-store.ts";
export type { KnowledgeQuery, KnowledgeSearch } from "./knowledge/knowledge-search.ts";
export type { PromptContent, PromptStore } from "./knowledge/prompt-store.ts";
export type { RequestFiles } from "./knowledge/request-files.ts";
export type {
  IndexChunk,
  IndexDocument,
  IndexHit,
  IndexQuery,
  SearchIndex,
} from "./knowledge/search-index.ts";
export { ExtractionError, type ExtractionSource, type TextExtractor } from "./knowledge/text-extractor.ts";
export type {
  NewStoreFile,
  NewVectorStore,
  StoreFileName,
  StoreFileWork,
  VectorStoreChanges,
  VectorStores,
} from "./knowledge/vector-stores.ts";
export {
  type McpClient,
  McpListError,
  type McpOutcome,
  type McpServer,
  type McpUse,
} from "./mcp/mcp-client.ts";
export type {
  ConstrainedInput,
  ModelBackend,
  ModelCatalog,
  ModelInfo,
  ModelRoute,
  ModelTurn,
  ServerLimits,
  TokenCount,
  TurnToolChoice,
} from "./model-backend.ts";
export type { FinishReason, ModelDelta } from "./model-delta.ts";
export { type PartPath, pathsInto } from "./param-path.ts";
export { withSealedThoughts } from "./reasoning/seal-thoughts.ts";
export { respond } from "./respond.ts";
export { type Outcome, ResponseBuilder } from "./response-builder.ts";
export { RunningResponses } from "./running-responses.ts";
export type { CodeContainers, CodeRun, CodeSession } from "./sandbox/code-containers.ts";
export {
  type CodeSandbox,
  SandboxBusyError,
  type SandboxEnd,
  type SandboxFile,
  type SandboxResult,
  type SandboxTask,
} from "./sandbox/code-sandbox.ts";
export type {
  ContainerFileRecord,
  ContainerQuota,
  ContainerQuotaExceeded,
  ContainerRecord,
  ContainerStore,
} from "./sandbox/container-store.ts";
export type { ContentKeeper } from "./sandbox/content-keeper.ts";
export type { Opened, Sealer } from "./sealer.ts";
export { servicesFor } from "./services.ts";
export {
  type ConversationStore,
  type EventBatch,
  joinsConversation,
  type ResponseRecord,
  type ResponseStore,
  type UnfinishedResponse,
} from "./stores.ts";
export { toConversationItems } from "./to-conversation-items.ts";
export type { TextConstraint } from "./tools/client/grammar/text-constraint.ts";
export type { WebFetcher } from "./web/web-fetcher.ts";
export {
  type ContextSize,
  WebError,
  type WebErrorReason,
  type WebPage,
  type WebResult,
  type WebSearch,
  type WebSearchOptions,
} from "./web/web-search.ts";
