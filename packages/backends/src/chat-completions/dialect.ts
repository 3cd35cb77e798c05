/** Keys under which servers take the thoughts of an earlier turn in an assistant message. */
export type ReasoningKey = "reasoning" | "reasoning_content";

/** Where servers that speak chat completions differ. Everything else is sent to all of them alike. */
export interface ChatDialect {
  /** Role of the system text at the front. OpenAI's newer models want `developer`. */
  systemRole: "system" | "developer";
  /** Name of the token limit. OpenAI refuses `max_tokens` for its reasoning models. */
  maxTokensKey: "max_tokens" | "max_completion_tokens";
  /**
   * Under which keys thoughts are sent back. vLLM, Ollama, Groq and OpenRouter read `reasoning`; llama.cpp,
   * SGLang and DeepSeek read `reasoning_content`; those that run locally ignore a key they do not know.
   */
  reasoningKeys: readonly ReasoningKey[];
  /**
   * True where `tool_choice` may be an object that names a function. LM Studio refuses that form and
   * llama.cpp takes it for "auto": they get "required" with that one function offered.
   */
  namedToolChoice: boolean;
  /** True where an assistant message has a `refusal` key; elsewhere a refusal is sent as its text. */
  refusalKey: boolean;
  /** `all` where every effort is known; `common` for low, medium, high and none. */
  efforts: "all" | "common";
  /** True where pictures by http and https URLs are fetched; Ollama and llama.cpp want them inline. */
  fetchesImages: boolean;
  /** The model of `POST /images/generations` where the caller names none; left out where there is no such endpoint. */
  imageModel?: string;
  /** False for services that are known to count no tokens for their callers: they are not asked to. */
  mayCountTokens: boolean;
  /** True when an answer that begins with `<think>` is split into reasoning and text. */
  thinkTags: boolean;
}

/** For any server that is not known better: Ollama, vLLM, llama.cpp, SGLang, LM Studio and their like. */
export const commonDialect: ChatDialect = {
  systemRole: "system",
  maxTokensKey: "max_tokens",
  reasoningKeys: ["reasoning", "reasoning_content"],
  namedToolChoice: false,
  refusalKey: false,
  efforts: "common",
  fetchesImages: false,
  mayCountTokens: true,
  thinkTags: true,
};

/** For OpenAI and Azure OpenAI. Their chat completions take no thoughts back and refuse unknown keys. */
export const openAiDialect: ChatDialect = {
  systemRole: "developer",
  maxTokensKey: "max_completion_tokens",
  reasoningKeys: [],
  namedToolChoice: true,
  refusalKey: true,
  efforts: "all",
  fetchesImages: true,
  imageModel: "gpt-image-2.6-sunburst",
  // It counts requests of its other API, at /responses/input_tokens; its encoding is the estimate's own.
  mayCountTokens: false,
  thinkTags: false,
};

/** Hosted services that refuse a key they do not know get only the one they read. */
const strictHosts: readonly [suffix: string, keys: readonly ReasoningKey[]][] = [
  ["groq.com", ["reasoning"]],
  ["openrouter.ai", ["reasoning"]],
  ["deepseek.com", ["reasoning_content"]],
  ["moonshot.ai", ["reasoning_content"]],
  ["moonshot.cn", ["reasoning_content"]],
  ["mistral.ai", []],
];

/** The dialect of the server at this URL, by its host name; {@link commonDialect} for hosts that are not known. */
export function dialectFor(url: string): ChatDialect {
  const { hostname } = new URL(url);
  if (isWithin(hostname, "openai.com") || isWithin(hostname, "openai.azure.com")) return openAiDialect;
  const strict = strictHosts.find(([suffix]) => isWithin(hostname, suffix));
  if (strict === undefined) return commonDialect;
  return { ...commonDialect, reasoningKeys: strict[1], fetchesImages: true, mayCountTokens: false };
}

function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
