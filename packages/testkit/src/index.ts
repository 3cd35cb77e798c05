export { cleanEnv } from "./clean-env.ts";
export { describeWith } from "./describe-with.ts";
export { type Envoy, type EnvoyOptions, startEnvoy, validateEnvoyConfig } from "./envoy.ts";
export { type GatewayOptions, type GatewayProcess, type LogLine, startGateway } from "./gateway-process.ts";
export { type InstallOptions, installParts } from "./install-parts.ts";
export { type LlamaServer, type LlamaServerOptions, parrotFile, startLlamaServer } from "./llama-server.ts";
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
