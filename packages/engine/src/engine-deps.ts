import type { ApiError, Item } from "@gateway/protocol";
import type { ConversationLocks } from "./conversation-locks.ts";
import type { ImageMaker } from "./images/image-maker.ts";
import type { ConnectorStore } from "./knowledge/connector-store.ts";
import type { KnowledgeSearch } from "./knowledge/knowledge-search.ts";
import type { PromptStore } from "./knowledge/prompt-store.ts";
import type { RequestFiles } from "./knowledge/request-files.ts";
import type { McpClient, McpUse } from "./mcp/mcp-client.ts";
import type { ModelCatalog, ServerLimits } from "./model-backend.ts";
import type { RunningResponses } from "./running-responses.ts";
import type { CodeContainers } from "./sandbox/code-containers.ts";
import type { Sealer } from "./sealer.ts";
import type { ConversationStore, ResponseStore } from "./stores.ts";
import type { WebFetcher } from "./web/web-fetcher.ts";
import type { WebSearch } from "./web/web-search.ts";

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
  /** Asks the MCP servers that requests name. */
  mcp: McpClient;
  /** MCP servers by `connector_id`. */
  connectors: Pick<ConnectorStore, "getWithHeaders">;
  /** Searches the web; left out where no search engine is configured. */
  web?: WebSearch | undefined;
  /** Makes the pictures of all models' responses; left out where only those models' own servers may. */
  images?: ImageMaker | undefined;
  /** Runs the code of `code_interpreter`; left out where there is no sandbox. */
  code?: CodeContainers | undefined;
  /** Fetches files and pictures by URL; left out where nothing is fetched. */
  fetcher?: WebFetcher | undefined;
  /** Seals what callers keep for the server: thoughts, compacted context. */
  sealer: Sealer;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Contexts that only one connection knows: those of its responses that are not stored. */
export interface ContextMemory {
  /** The whole context of a response, its output included; undefined where it is not known. */
  get(id: string): readonly Item[] | undefined;
  /** Takes the context of a response that is completed, or incomplete, and is not stored. */
  set(id: string, context: readonly Item[]): void;
}

/** What belongs to one request beside its body. */
export interface RequestScope {
  tenant: string;
  /** The id that the response gets; a fresh one where it is left out. */
  responseId?: string | undefined;
  /** Where responses that are not stored can be continued. */
  memory?: ContextMemory | undefined;
  /** True for a response that is to be prepared but not generated: it is completed without output. */
  warmUp?: boolean | undefined;
  /** Aborted when the caller wants to say something else: the response ends, as `incomplete`, at the next good place. */
  steered?: AbortSignal | undefined;
  /** Aborted by the caller when nobody is left to read the answer, and by the engine when its stream is returned. */
  abort: AbortController;
  /** Is told why a response failed after it had begun: the event says less than the error does. */
  onFailure(error: ApiError): void;
  /** Is told of faults that the client does not see, for the log. */
  onFault(message: string, cause?: unknown): void;
  /**
   * Is told of the limits that the model's server names in its first answer, before anything of the response is given;
   * not at all where tools are run before the model is asked.
   */
  onLimits?: ((limits: ServerLimits) => void) | undefined;
  /** Is told of every time that an MCP server is asked, for log and metrics. */
  onMcpUse?(use: McpUse): void;
}
