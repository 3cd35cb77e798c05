import {
  contentChunk,
  cut,
  deltaChunk,
  done,
  finishChunk,
  llamaCppStyle,
  ollamaStyle,
  reasoningThenText,
  refusalChunk,
  roleChunk,
  type Script,
  text,
  toolCalls,
  vllmStyle,
} from "@gateway/testkit";

/** One kind of answer: what the model's server sends for it, and what every client must make of that. */
export interface AnswerKind {
  name: string;
  backend: Script;
  /** Fields of the request beside model and input. */
  request?: Record<string, unknown>;
  answer: SeenAnswer;
}

/** An answer as a client of any language sees it. */
export interface SeenAnswer {
  status: "completed" | "incomplete" | "failed";
  /** Types of the output items, in order. */
  items: string[];
  /** All output text, which SDKs offer as `output_text`. */
  text: string;
  refusal?: string;
  reasoning?: string;
  summary?: string;
  calls?: { name: string; arguments: Record<string, unknown> }[];
  logprobs?: string[];
  /** Addresses of the citations. */
  links?: string[];
  /** Reason of an incomplete answer, or code of a failed one. */
  reason?: string;
}

const weather = { name: "get_weather", arguments: { city: "Paris" } };
const search = { name: "search", arguments: { query: "green tea" } };
const tools = [weather, search].map(({ name }) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object", properties: {} },
}));
const logprob = { token: "yes", logprob: -0.25, bytes: [121, 101, 115], top_logprobs: [] };
const citation = {
  type: "url_citation",
  url_citation: { url: "https://example.com/a", title: "A", start_index: 0, end_index: 3 },
};

/** Every kind of answer a chat-completions server gives. A model of the same name plays each. */
export const answerKinds: AnswerKind[] = [
  {
    name: "text",
    backend: text("Hello big world"),
    answer: { status: "completed", items: ["message"], text: "Hello big world" },
  },
  {
    name: "text-beyond-ascii",
    backend: text('é \u2028 "quoted" \\ 😀\nend'),
    answer: { status: "completed", items: ["message"], text: 'é \u2028 "quoted" \\ 😀\nend' },
  },
  { name: "nothing", backend: text(""), answer: { status: "completed", items: [], text: "" } },
  {
    name: "refusal",
    backend: [roleChunk(), refusalChunk("I will"), refusalChunk(" not."), finishChunk("stop"), done()],
    answer: { status: "completed", items: ["message"], text: "", refusal: "I will not." },
  },
  {
    name: "reasoning",
    backend: reasoningThenText("Let me see", "It is"),
    answer: { status: "completed", items: ["reasoning", "message"], text: "It is", reasoning: "Let me see" },
  },
  {
    name: "reasoning-summary",
    backend: reasoningThenText("Let me see", "It is"),
    request: { reasoning: { summary: "auto" } },
    answer: {
      status: "completed",
      items: ["reasoning", "message"],
      text: "It is",
      reasoning: "Let me see",
      summary: "Let me see",
    },
  },
  {
    name: "call",
    backend: toolCalls([weather], { fragment: 3 }),
    request: { tools },
    answer: { status: "completed", items: ["function_call"], text: "", calls: [weather] },
  },
  {
    name: "text-and-parallel-calls",
    backend: toolCalls([weather, search], { text: "One moment" }),
    request: { tools },
    answer: {
      status: "completed",
      items: ["message", "function_call", "function_call"],
      text: "One moment",
      calls: [weather, search],
    },
  },
  {
    name: "everything-from-ollama",
    backend: ollamaStyle({ reasoning: "Well then", text: "So it is", toolCalls: [weather, search] }),
    request: { tools },
    answer: {
      status: "completed",
      items: ["reasoning", "message", "function_call", "function_call"],
      text: "So it is",
      reasoning: "Well then",
      calls: [weather, search],
    },
  },
  {
    name: "everything-from-llama-cpp",
    backend: llamaCppStyle({ reasoning: "Well then", text: "So it is", toolCalls: [weather, search] }),
    request: { tools },
    answer: {
      status: "completed",
      items: ["reasoning", "message", "function_call", "function_call"],
      text: "So it is",
      reasoning: "Well then",
      calls: [weather, search],
    },
  },
  {
    name: "everything-from-vllm",
    backend: vllmStyle({ reasoning: "Well then", text: "So it is", toolCalls: [search, weather] }),
    request: { tools },
    answer: {
      status: "completed",
      items: ["reasoning", "message", "function_call", "function_call"],
      text: "So it is",
      reasoning: "Well then",
      calls: [search, weather],
    },
  },
  {
    name: "log-probabilities",
    backend: [roleChunk(), contentChunk("yes", [logprob]), finishChunk("stop"), done()],
    request: { include: ["message.output_text.logprobs"] },
    answer: { status: "completed", items: ["message"], text: "yes", logprobs: ["yes"] },
  },
  {
    name: "citations",
    backend: [
      roleChunk(),
      deltaChunk({ content: "See", annotations: [citation] }),
      finishChunk("stop"),
      done(),
    ],
    answer: { status: "completed", items: ["message"], text: "See", links: ["https://example.com/a"] },
  },
  {
    name: "cut-by-length",
    backend: text("Hello big", { finish: "length" }),
    answer: { status: "incomplete", items: ["message"], text: "Hello big", reason: "max_output_tokens" },
  },
  {
    name: "cut-by-a-filter",
    backend: text("Hello", { finish: "content_filter" }),
    answer: { status: "incomplete", items: ["message"], text: "Hello", reason: "content_filter" },
  },
  {
    name: "cut-connection",
    backend: [roleChunk(), contentChunk("Hel"), cut()],
    answer: { status: "failed", items: ["message"], text: "Hel", reason: "upstream_cut" },
  },
];
