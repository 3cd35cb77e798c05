import {
  type ChatChunk,
  type ChatDelta,
  contentChunk,
  deltaChunk,
  finishChunk,
  reasoningChunk,
  roleChunk,
  toolCallChunk,
  type UsageNumbers,
  usageChunk,
} from "./chunks.ts";
import { renderArguments, type ScriptedCall, splitEvery, splitWords } from "./presets.ts";
import { done, json, type Script, status } from "./steps.ts";

/** What an answer holds, in whichever style it is sent. */
export interface StyledAnswer {
  reasoning?: string;
  text?: string;
  toolCalls?: readonly ScriptedCall[];
  /** Token counts; left out they are made up, false sends none. */
  usage?: UsageNumbers | false;
  /** Why the answer ends; "stop", or "tool_calls" after calls, when left out. */
  finish?: string;
}

/**
 * An answer as Ollama sends it: the role in every chunk, reasoning under `reasoning`, each tool call whole in
 * one chunk. Ids repeat from answer to answer, the id of the answer as well as those of the calls. With
 * `sameIndex` all calls of one answer carry index 0, as some of its versions do.
 */
export function ollamaStyle(answer: StyledAnswer & { sameIndex?: boolean }): Script[] {
  const chunk = (delta: ChatDelta, finish: string | null = null): ChatChunk => ({
    id: "chatcmpl-123",
    system_fingerprint: "fp_ollama",
    ...deltaChunk({ role: "assistant", content: "", ...delta }, { finish_reason: finish }),
  });
  const { reasoning = "", text = "", toolCalls = [], sameIndex = false } = answer;
  const calls = toolCalls.map((call, n) =>
    chunk({
      tool_calls: [
        {
          id: call.id ?? `call_${n}`,
          index: sameIndex ? 0 : n,
          type: "function",
          function: { name: call.name, arguments: renderArguments(call) },
        },
      ],
    }),
  );
  return [
    ...splitWords(reasoning).map((word) => chunk({ reasoning: word })),
    ...splitWords(text).map((word) => chunk({ content: word })),
    ...calls,
    chunk({}, finishOf(answer)),
    ...usageOf(answer, { id: "chatcmpl-123", system_fingerprint: "fp_ollama" }),
    done(),
  ];
}

/**
 * An answer as llama.cpp's server sends it: a first chunk with content null, reasoning under
 * `reasoning_content`, arguments token by token, the call's id (32 letters and digits, no "call_") on its first
 * chunk only, cached tokens and timings with the usage.
 */
export function llamaCppStyle(answer: StyledAnswer): Script[] {
  const { reasoning = "", text = "", toolCalls = [] } = answer;
  const calls = toolCalls.flatMap((call, index) => {
    const [first = "", ...rest] = splitEvery(renderArguments(call), 3);
    return [
      toolCallChunk({
        index,
        id: call.id ?? plainId(index),
        type: "function",
        name: call.name,
        arguments: first,
      }),
      ...rest.map((piece) => toolCallChunk({ index, arguments: piece })),
    ];
  });
  const chunks = [
    roleChunk(null),
    ...splitWords(reasoning).map((word) => reasoningChunk(word, "reasoning_content")),
    ...splitWords(text).map((word) => contentChunk(word)),
    ...calls,
    finishChunk(finishOf(answer)),
  ];
  const usage = usageOf(answer, { timings: { prompt_n: 1, predicted_n: chunks.length } }, { cached: 0 });
  return [...[...chunks, ...usage].map((chunk) => ({ system_fingerprint: "b1-scripted", ...chunk })), done()];
}

/** An error as llama.cpp's server sends it: the code is an integer inside the body, too. */
export function llamaCppError(code: number, message: string, type = "invalid_request_error"): Script[] {
  return [status(code), json({ error: { code, message, type } })];
}

/**
 * An answer as vLLM sends it: a first chunk with empty content, reasoning under `reasoning`, a call's name on a
 * chunk without arguments, ids that begin with "chatcmpl-tool-", the last text in one chunk with the finish
 * reason, fields of its own beside the known ones.
 */
export function vllmStyle(answer: StyledAnswer): Script[] {
  const own = (chunk: ChatChunk): ChatChunk => ({
    ...chunk,
    choices: chunk.choices.map((choice) => ({ logprobs: null, token_ids: null, ...choice })),
  });
  const { reasoning = "", text = "", toolCalls = [] } = answer;
  const calls = toolCalls.flatMap((call, index) => [
    toolCallChunk({
      index,
      id: call.id ?? `chatcmpl-tool-${plainId(index)}`,
      type: "function",
      name: call.name,
    }),
    ...splitEvery(renderArguments(call), 6).map((piece) => toolCallChunk({ index, arguments: piece })),
  ]);
  const words = splitWords(text);
  const last = calls.length === 0 ? (words.pop() ?? "") : "";
  const end = finishChunk(finishOf(answer), { content: last });
  const chunks = [
    roleChunk(),
    ...splitWords(reasoning).map((word) => reasoningChunk(word, "reasoning")),
    ...words.map((word) => contentChunk(word)),
    ...calls,
    { ...end, choices: end.choices.map((choice) => ({ ...choice, stop_reason: null })) },
  ];
  return [...chunks.map(own), ...usageOf(answer), done()];
}

function finishOf({ finish, toolCalls = [] }: StyledAnswer): string {
  return finish ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
}

function usageOf(
  answer: StyledAnswer,
  fields: Record<string, unknown> = {},
  counts: Partial<UsageNumbers> = {},
): ChatChunk[] {
  const { usage = { prompt: 10, completion: 5, ...counts } } = answer;
  return usage === false ? [] : [{ ...fields, ...usageChunk(usage) }];
}

/** 32 letters and digits, another one for each call of an answer. */
function plainId(index: number): string {
  return `scripted${index}`.padEnd(32, "0aZ9");
}
