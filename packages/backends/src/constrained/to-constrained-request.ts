import type { TextConstraint } from "@gateway/engine";
import type { ChatMessage, ChatRequest } from "../chat-completions/chat-request.ts";
import type { GrammarForm, GrammarParameter } from "./grammar-support.ts";

/** The field of a request that each server reads a grammar from. */
const fields: Record<GrammarParameter, (grammar: string) => object> = {
  gbnf: (grammar) => ({ grammar }),
  structured_outputs: (grammar) => ({ structured_outputs: { grammar } }),
  guided_grammar: (grammar) => ({ guided_grammar: grammar }),
};

/**
 * Makes of a request that offers tools one whose whole answer is the input of one of them, held to its grammar
 * (llama.cpp server, `grammar`; vLLM, "Structured Outputs"). The tools stay in it, for the model to know them and for the
 * server to find what it has read already; `tool_choice: "none"` keeps it from calling them in its own notation,
 * and llama.cpp from refusing both together.
 */
export function toConstrainedRequest(
  request: ChatRequest,
  tool: string,
  { gbnf }: TextConstraint,
  { parameter, withoutThoughts }: GrammarForm,
): ChatRequest {
  const { parallel_tool_calls: _parallel, response_format: _format, ...rest } = request;
  return {
    ...rest,
    messages: withRemark(request.messages, toRemark(tool)),
    ...(request.tools && { tool_choice: "none" }),
    ...fields[parameter](gbnf),
    ...(withoutThoughts && { chat_template_kwargs: { enable_thinking: false } }),
  };
}

function toRemark(tool: string): string {
  return `Answer with the input of the tool "${tool}", which is then called with it. Write only the input itself, as it is: no JSON around it, no code fence, no other words.`;
}

/** The messages with a remark at their end. Roles stay as they are, since many templates want them in turn. */
function withRemark(messages: readonly ChatMessage[], remark: string): ChatMessage[] {
  const before = messages.slice(0, -1);
  const last = messages.at(-1);
  if (last?.role === "user") {
    const { content } = last;
    return [
      ...before,
      {
        ...last,
        content:
          typeof content === "string"
            ? `${content}\n\n${remark}`
            : [...content, { type: "text", text: remark }],
      },
    ];
  }
  if (last?.role === "tool") return [...before, { ...last, content: `${last.content}\n\n${remark}` }];
  return [...messages, { role: "user", content: remark }];
}
