export { gatewayFromSource } from "./bundled-gateway.ts";
export { cleanEnv } from "./clean-env.ts";
export { codexProgram, codexVersion } from "./codex.ts";
export { describeWith } from "./describe-with.ts";
export { type Envoy, type EnvoyOptions, startEnvoy, validateEnvoyConfig } from "./envoy.ts";
export { type GatewayOptions, type GatewayProcess, type LogLine, startGateway } from "./gateway-process.ts";
export { type InstallOptions, installParts } from "./install-parts.ts";
export { type LlamaServer, type LlamaServerOptions, parrotFile, startLlamaServer } from "./llama-server.ts";
export type { McpCallSeen, McpJournal, McpRequestSeen } from "./mcp/journal.ts";
export { echoTool, type McpTestTool, type McpToolContext } from "./mcp/tools.ts";
export { type McpServerOptions, type McpTestServer, startMcpServer } from "./mcp-server.ts";
export { type OutsideWorld, watchOutsideWorld } from "./outside-world.ts";
export { type PartName, type PartState, type PartsPlace, type PartsStatus, partsStatus } from "./parts.ts";
export { type PythonOptions, type PythonResult, runPython } from "./python-sdk.ts";
export { openRawRequest, type RawExchange, type RawRequest } from "./raw-http.ts";
export { type ChildCommand, type Exit, type RunningChild, startChild } from "./running-child.ts";
export {
  llamaCppError,
  llamaCppStyle,
  ollamaStyle,
  type StyledAnswer,
  vllmStyle,
} from "./scripted/backend-styles.ts";
export {
  type ChatChunk,
  type ChatDelta,
  type ChunkChoice,
  contentChunk,
  deltaChunk,
  type ErrorChunk,
  errorChunk,
  finishChunk,
  reasoningChunk,
  refusalChunk,
  roleChunk,
  type TokenLogprob,
  type ToolCallDelta,
  toolCallChunk,
  type UsageNumbers,
  usageChunk,
} from "./scripted/chunks.ts";
export {
  type AnswerOptions,
  type ReasoningOptions,
  reasoningThenText,
  type ScriptedCall,
  type TextOptions,
  type ToolCallOptions,
  text,
  toolCalls,
} from "./scripted/presets.ts";
export type { ChatMessage, ChatRequestBody, RecordedRequest } from "./scripted/recorded-request.ts";
export {
  cut,
  delay,
  done,
  end,
  errorAnswer,
  type Gate,
  gate,
  hang,
  json,
  raw,
  type Script,
  type ScriptPart,
  type Step,
  status,
  together,
} from "./scripted/steps.ts";
export {
  type BackendOptions,
  type ScriptedBackend,
  type ScriptSource,
  startScriptedBackend,
} from "./scripted-backend.ts";
export { collectSse, readSse, type SseEvent, type SseOptions } from "./sse.ts";
export { type TempDir, tempDir } from "./temp-dir.ts";
export { type WaitOptions, waitFor } from "./wait-for.ts";
export {
  type ImagesServer,
  startImagesServer,
  unfinishedPicture,
  wholePicture,
} from "./web/images-server.ts";
export { type KnownPage, type SearchEngine, searchKey, startSearchEngine } from "./web/search-engines.ts";
export { startWebServer, type WebRequestSeen, type WebServer } from "./web/web-server.ts";
export { onePixel, type SitePage, startWebSite, type WebSite } from "./web/web-site.ts";
