import type { ChatChunk, ChunkChoice, ToolCallDelta } from "./chunks.ts";

interface Choice {
  index: number;
  message: { role: string; content: string | null; tool_calls?: ToolCallDelta[]; [field: string]: unknown };
  logprobs: ChunkChoice["logprobs"];
  finish_reason: string | null;
}

/**
 * Adds the chunks of a script up to the `chat.completion` object that the same backend would give without
 * streaming. Fields that it does not know are kept, the last value counts.
 */
export function toChatCompletion(chunks: readonly ChatChunk[]): Record<string, unknown> {
  const choices: Choice[] = [];
  let fields: Record<string, unknown> = {};
  for (const chunk of chunks) {
    const { choices: parts, ...rest } = chunk;
    fields = { ...fields, ...rest };
    for (const part of parts) {
      choices[part.index] ??= {
        index: part.index,
        message: { role: "assistant", content: null },
        logprobs: null,
        finish_reason: null,
      };
      addPart(choices[part.index] as Choice, part);
    }
  }
  return { ...fields, object: "chat.completion", choices: choices.filter((choice) => choice !== undefined) };
}

function addPart(choice: Choice, { delta, logprobs, finish_reason }: ChunkChoice): void {
  const { role, tool_calls = [], ...texts } = delta;
  const { message } = choice;
  message.role = role ?? message.role;
  // content, refusal and whatever the backend calls its reasoning are all text that grows
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string")
      message[key] = `${(message[key] as string | null | undefined) ?? ""}${value}`;
    else message[key] ??= value;
  }
  for (const call of tool_calls) {
    message.tool_calls ??= [];
    addToolCall(message.tool_calls, call);
  }
  if (logprobs) choice.logprobs = { content: [...(choice.logprobs?.content ?? []), ...logprobs.content] };
  choice.finish_reason = finish_reason ?? choice.finish_reason;
}

function addToolCall(calls: ToolCallDelta[], part: ToolCallDelta): void {
  const known = part.function?.name ? undefined : findCall(calls, part);
  if (known === undefined) {
    const { index: _index, ...call } = part;
    calls.push({ type: "function", ...call, function: { arguments: "", ...part.function } });
    return;
  }
  known.id = part.id || known.id || "";
  known.function = {
    ...known.function,
    arguments: (known.function?.arguments ?? "") + (part.function?.arguments ?? ""),
  };
}

/** A part without a name belongs to the call at its index or, without one, to the last. */
function findCall(calls: ToolCallDelta[], part: ToolCallDelta): ToolCallDelta | undefined {
  return part.index === undefined ? calls.at(-1) : (calls[part.index] ?? calls.at(-1));
}
