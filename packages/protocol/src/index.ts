export { type Attributes, type AttributeValue, attributes } from "./attributes.ts";
export { requiredOfNothing, unknownChoice, type WantedTool, wantedIn } from "./check-tool-choice.ts";
export { type ComputerAction, callActions } from "./client-calls.ts";
export {
  type ComputerPreviewTool,
  type CustomTool,
  type DeclaredClientTool,
  type FunctionTool,
  isClientTool,
  isServerToolSearch,
  type NamespaceTool,
  type ToolSearchTool,
} from "./client-tools.ts";
export {
  type CodeFile,
  type CodeInterpreterCallItem,
  type CodeInterpreterTool,
  type CodeOutput,
  isCodeInterpreterTool,
  type OutputCodeInterpreterCall,
} from "./code-interpreter.ts";
export { type CompactedResponse, parseCompactRequest } from "./compact-request.ts";
export { type ConnectorObject, createConnector } from "./connectors.ts";
export {
  type ContainerFileObject,
  type ContainerListQuery,
  type ContainerObject,
  type CreateContainer,
  containerListQuery,
  copyContainerFile,
  parseCreateContainer,
} from "./containers.ts";
export type {
  Annotation,
  ContentPart,
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
export { type CreateRequest, includable } from "./create-request.ts";
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
export type {
  ImageFacts,
  ImageGenerationCallItem,
  OutputHostedCall,
  OutputImageGenerationCall,
  OutputWebSearchCall,
  WebSearchAction,
  WebSearchCallItem,
  WebSearchResult,
} from "./hosted-calls.ts";
export {
  type ImageGenerationTool,
  isImageGenerationTool,
  isServed,
  isWebSearchTool,
  noServices,
  type Service,
  type Services,
  toolKind,
  type UserLocation,
  type WebSearchTool,
} from "./hosted-tools.ts";
export { itemIdOf, itemPrefix, newFileId, newId, responseIdOfItem } from "./ids.ts";
export { type InputTokens, parseCountRequest } from "./input-tokens.ts";
export { within } from "./integer.ts";
export {
  type CompactionItem,
  type FileSearchCallItem,
  type FileSearchResult,
  type FunctionCallOutputItem,
  type InputItem,
  type Item,
  type ItemStatus,
  isRefusedItem,
  type MessageItem,
  type OutputCompaction,
  type OutputFileSearchCall,
  type OutputItem,
  type OutputMessage,
  type OutputReasoning,
  type ReasoningItem,
} from "./items.ts";
export {
  isMcpOutput,
  type McpApprovalRequestItem,
  type McpApprovalResponseItem,
  type McpCallError,
  type McpCallItem,
  type McpListedTool,
  type OutputMcpApprovalRequest,
  type OutputMcpCall,
  type OutputMcpItem,
  type OutputMcpListTools,
} from "./mcp-items.ts";
export { isMcpTool, type McpTool, type McpToolFilter, toEchoedMcpTool } from "./mcp-tool.ts";
export type { TextFormat } from "./model-settings.ts";
export type {
  OutputApplyPatchCall,
  OutputClientCall,
  OutputComputerCall,
  OutputCustomToolCall,
  OutputFunctionCall,
  OutputLocalShellCall,
  OutputShellCall,
  OutputToolSearchCall,
  OutputToolSearchOutput,
  OutputWholeCall,
} from "./output-calls.ts";
export { addLines, type PackedLine, packEvents, parseLine, renderLine, unpackLine } from "./pack-events.ts";
export { type ListObject, type Page, type PageQuery, pageOf, pageQuery, toListObject } from "./paging.ts";
export { type ParsedCreateRequest, parseCreateRequest } from "./parse-create-request.ts";
export { type PlacedTool, toolsOf } from "./placed-tools.ts";
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
  type ToolUsage,
  toInitialResponse,
  type Usage,
} from "./response.ts";
export { type SearchFilter, searchFilter } from "./search-filter.ts";
export { encodeEvents, encodeFrame, encodeRecorded, sseDone, ssePing } from "./sse.ts";
export { toShownName } from "./to-shown-name.ts";
export { toStoredItem } from "./to-stored-item.ts";
export {
  type FileSearchTool,
  isFileSearchTool,
  isOffered,
  type Tool,
  type ToolChoice,
  toEchoedTool,
} from "./tools.ts";
export { validate } from "./validate.ts";
export {
  attachFile,
  type ChunkingStrategy,
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
