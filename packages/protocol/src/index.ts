export { type Attributes, type AttributeValue, attributes } from "./attributes.ts";
export { type CompactedResponse, parseCompactRequest } from "./compact-request.ts";
export { type ConnectorObject, createConnector } from "./connectors.ts";
export type {
  Annotation,
  ContentPart,
  InputFile,
  InputImage,
  Logprob,
  OutputTextPart,
  PromptVariable,
  RefusalPart,
  TopLogprob,
} from "./content.ts";
export {
  type ConversationObject,
  createConversation,
  createItems,
  updateConversation,
} from "./conversations.ts";
export { type CreateRequest, includable, type TextFormat } from "./create-request.ts";
export { encodeEvent, typeOf } from "./encode-event.ts";
export {
  ApiError,
  type ApiErrorInit,
  badRequest,
  type ErrorBody,
  internal,
  notFound,
  toErrorBody,
  toResponseError,
  unprocessable,
} from "./errors.ts";
export {
  isTerminal,
  isTerminalType,
  type ResponseEvent,
  type ResponseEventBody,
  type TerminalEvent,
} from "./events.ts";
export {
  completeUpload,
  createUpload,
  type FileListQuery,
  type FileObject,
  type FilePurpose,
  fileExpiry,
  fileListQuery,
  filePurpose,
  type UploadObject,
  type UploadPartObject,
} from "./files.ts";
export { itemIdOf, itemPrefix, newFileId, newId, responseIdOfItem } from "./ids.ts";
export { type InputTokens, parseCountRequest } from "./input-tokens.ts";
export {
  type CompactionItem,
  type FileSearchCallItem,
  type FileSearchResult,
  type FunctionCallOutputItem,
  type InputItem,
  type Item,
  type ItemStatus,
  isRecordItem,
  isRefusedItem,
  type MessageItem,
  type OutputCompaction,
  type OutputFileSearchCall,
  type OutputFunctionCall,
  type OutputItem,
  type OutputMessage,
  type OutputReasoning,
  type ReasoningItem,
} from "./items.ts";
export { addLines, type PackedLine, packEvents, parseLine, renderLine, unpackLine } from "./pack-events.ts";
export { type ListObject, type Page, type PageQuery, pageOf, pageQuery, toListObject } from "./paging.ts";
export { type ParsedCreateRequest, parseCreateRequest } from "./parse-create-request.ts";
export {
  createPrompt,
  type PromptObject,
  placeholder,
  promptListQuery,
  setDefaultVersion,
  updatePrompt,
  variablesOf,
} from "./prompts.ts";
export {
  type InputTransformation,
  type ResponseObject,
  type ResponseStatus,
  toInitialResponse,
  type Usage,
} from "./response.ts";
export { type SearchFilter, searchFilter } from "./search-filter.ts";
export { encodeEvents, encodeFrame, encodeRecorded, sseDone, ssePing } from "./sse.ts";
export { toStoredItem } from "./to-stored-item.ts";
export {
  type FileSearchTool,
  type FunctionTool,
  isFunctionTool,
  isOffered,
  isServerTool,
  type Tool,
  type ToolChoice,
} from "./tools.ts";
export { validate } from "./validate.ts";
export {
  attachFile,
  type ChunkingStrategy,
  chunkingStrategy,
  createFileBatch,
  createVectorStore,
  type FileBatchObject,
  type FileCounts,
  type IngestError,
  type RankingOptions,
  type SearchResultObject,
  type StaticChunking,
  searchVectorStore,
  type TwoWayPageQuery,
  twoWayPageQuery,
  updateAttributes,
  updateVectorStore,
  type VectorStoreFileListQuery,
  type VectorStoreFileObject,
  type VectorStoreFileStatus,
  type VectorStoreObject,
  vectorStoreFileListQuery,
} from "./vector-stores.ts";
export { toVisibleItem, toVisibleResponse } from "./visible-items.ts";
