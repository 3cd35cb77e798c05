import { toolsIn } from "./mcp/mcp-answer.ts";

/** How many tokens a model of the bench answers with, and how far apart they come. */
export interface AnswerScript {
  tokens: number;
  /** Milliseconds between two tokens; 0 sends them all at once. */
  everyMs: number;
}

/** The models of the bench. Their names carry their script, so that the backend needs no configuration. */
export const benchModels = {
  /** A short answer, for rates and latency. */
  short: modelName({ tokens: 20, everyMs: 0 }),
  /** A long answer at once: how well bursts are batched. */
  burst: modelName({ tokens: 200, everyMs: 0 }),
  /** A long answer token by token, as users see it: each token is a read and a write of its own. */
  paced: modelName({ tokens: 200, everyMs: 10 }),
} as const;

/** The name of the model that plays a script. */
export function modelName({ tokens, everyMs }: AnswerScript): string {
  return `bench-${tokens}-${everyMs}`;
}

/** The script in a model's name, or in any text that names one; undefined when it names none. */
export function parseModelName(text: string): AnswerScript | undefined {
  const found = /bench-(\d{1,5})-(\d{1,5})/.exec(text);
  return found ? { tokens: Number(found[1]), everyMs: Number(found[2]) } : undefined;
}

/** The bytes that answer one script; made once and sent to every request. */
export interface RenderedAnswer {
  /** Body of an answer that is not streamed. */
  json: Buffer;
  /** The chunk that opens a stream. */
  opening: Buffer;
  /** One chunk each token. */
  tokens: Buffer[];
  /** The chunk with the finish reason. */
  finish: Buffer;
  /** The chunk with the usage, which only those get who asked for it. */
  usage: Buffer;
  /** The `[DONE]` line. */
  done: Buffer;
}

/** What the model of the bench searches for when it is offered a file search. */
export const searchQuestion = "the pressure of the coolant pump after the annual inspection";

/**
 * True for the body of a chat completion whose model is to search files: it is offered that, and has no result
 * yet. Looks at the text alone, as everything in the backend does.
 */
export function asksForSearch(body: string): boolean {
  return body.includes('"name":"file_search"') && !body.includes('"role":"tool"');
}

/** Renders the answer that calls the file search. */
export function renderSearchCall(model: string): RenderedAnswer {
  const call = { name: "file_search", arguments: JSON.stringify({ queries: [searchQuestion] }) };
  const made = { id: "call_bench", type: "function", function: call };
  return render(model, {
    deltas: [{ tool_calls: [{ index: 0, ...made }] }],
    message: { role: "assistant", content: null, tool_calls: [made] },
    finish: "tool_calls",
  });
}

/**
 * The tools of MCP servers that a model is to call, for the body of a chat completion: all those of the bench that it is
 * offered, once, before it has been shown what they gave.
 */
export function mcpToolsToCall(body: string): string[] {
  return body.includes('"role":"tool"') ? [] : toolsIn(body);
}

/** Renders the answer that calls tools of MCP servers, all in one turn. */
export function renderMcpCalls(model: string, tools: readonly string[]): RenderedAnswer {
  const made = tools.map((name, index) => ({
    id: `call_bench_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify({ text: "what the bench asks" }) },
  }));
  return render(model, {
    deltas: made.map((call, index) => ({ tool_calls: [{ index, ...call }] })),
    message: { role: "assistant", content: null, tool_calls: made },
    finish: "tool_calls",
  });
}

const words = ["the ", "tokens ", "of ", "this ", "answer ", "are ", "counted, ", "not ", "read. "];

/** Renders an answer of so many tokens in the form of the chat completions API. */
export function renderAnswer(model: string, count: number): RenderedAnswer {
  const pieces = Array.from({ length: count }, (_, i) => words[i % words.length] ?? "");
  return render(model, {
    deltas: pieces.map((content) => ({ content })),
    message: { role: "assistant", content: pieces.join("") },
    finish: "stop",
  });
}

/** What differs between answers: the deltas of the stream, the message that they make, why it ended. */
interface AnswerParts {
  deltas: object[];
  message: object;
  finish: string;
}

function render(model: string, { deltas, message, finish }: AnswerParts): RenderedAnswer {
  const envelope = { id: "chatcmpl-bench", created: 1_700_000_000, model };
  const usage = { prompt_tokens: 12, completion_tokens: deltas.length, total_tokens: 12 + deltas.length };
  const chunk = (choices: object[], more: object = {}): Buffer =>
    Buffer.from(
      `data: ${JSON.stringify({ ...envelope, object: "chat.completion.chunk", choices, ...more })}\n\n`,
    );
  const choice = (delta: object, finish_reason: string | null = null): object[] => [
    { index: 0, delta, finish_reason },
  ];
  return {
    json: Buffer.from(
      JSON.stringify({
        ...envelope,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: finish }],
        usage,
      }),
    ),
    opening: chunk(choice({ role: "assistant" })),
    tokens: deltas.map((delta) => chunk(choice(delta))),
    finish: chunk(choice({}, finish)),
    usage: chunk([], { usage }),
    done: Buffer.from("data: [DONE]\n\n"),
  };
}
