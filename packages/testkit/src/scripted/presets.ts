import {
  contentChunk,
  finishChunk,
  reasoningChunk,
  roleChunk,
  toolCallChunk,
  type UsageNumbers,
  usageChunk,
} from "./chunks.ts";
import { delay, done, type Script } from "./steps.ts";

/** A tool call that a script makes. */
export interface ScriptedCall {
  name: string;
  /** The arguments as text, valid JSON or not, or as an object that is rendered as JSON. */
  arguments: string | object;
  /** The call's id; a fresh one when left out. */
  id?: string;
}

/** What the presets have in common. */
export interface AnswerOptions {
  /** Token counts; left out they are made up from the pieces, false sends none. */
  usage?: UsageNumbers | false;
  /** Why the answer ends; "stop", or "tool_calls" after calls, when left out. */
  finish?: string;
}

/** Settings of `text`. */
export interface TextOptions extends AnswerOptions {
  /** The pieces in which the text arrives, one chunk each; words when left out. */
  tokens?: readonly string[];
  /** Milliseconds between two pieces, for paced runs; 0 when left out. */
  everyMs?: number;
}

/** An answer of text alone, the way OpenAI streams it: role, pieces, finish reason, usage, [DONE]. */
export function text(content: string, options: TextOptions = {}): Script[] {
  const { tokens = splitWords(content), everyMs = 0, finish = "stop" } = options;
  const pieces = tokens.map((token) =>
    everyMs > 0 ? [delay(everyMs), contentChunk(token)] : contentChunk(token),
  );
  return [roleChunk(), ...pieces, ...closing(finish, tokens.length, options)];
}

/** Settings of `toolCalls`. */
export interface ToolCallOptions extends AnswerOptions {
  /** Text before the calls. */
  text?: string;
  /** Longest piece of arguments in one chunk, in characters; 8 when left out. */
  fragment?: number;
}

/** One or more tool calls, the way OpenAI streams them: id and name first, then the arguments in pieces. */
export function toolCalls(calls: readonly ScriptedCall[], options: ToolCallOptions = {}): Script[] {
  const { text: before = "", fragment = 8, finish = "tool_calls" } = options;
  const parts = calls.flatMap((call, index) => [
    toolCallChunk({ index, id: call.id ?? freshCallId(), type: "function", name: call.name, arguments: "" }),
    ...splitEvery(renderArguments(call), fragment).map((piece) => toolCallChunk({ index, arguments: piece })),
  ]);
  return [
    roleChunk(),
    ...splitWords(before).map((word) => contentChunk(word)),
    ...parts,
    ...closing(finish, parts.length, options),
  ];
}

/** Settings of `reasoningThenText`. */
export interface ReasoningOptions extends AnswerOptions {
  /** Key of the reasoning inside the delta; "reasoning_content" when left out. */
  key?: "reasoning" | "reasoning_content";
}

/** Thinking, then text. The usage counts the thinking as reasoning tokens. */
export function reasoningThenText(
  reasoning: string,
  content: string,
  options: ReasoningOptions = {},
): Script[] {
  const { key = "reasoning_content", finish = "stop" } = options;
  const thoughts = splitWords(reasoning);
  const words = splitWords(content);
  const usage = options.usage ?? {
    prompt: 10,
    completion: thoughts.length + words.length,
    reasoning: thoughts.length,
  };
  return [
    roleChunk(),
    ...thoughts.map((word) => reasoningChunk(word, key)),
    ...words.map((word) => contentChunk(word)),
    ...closing(finish, 0, { usage }),
  ];
}

/** Splits text into words, each with the space before it; joined again they are the text. */
export function splitWords(content: string): string[] {
  return content.match(/\s*\S+|\s+$/g) ?? [];
}

/** Splits text into pieces of at most `length` characters. */
export function splitEvery(content: string, length: number): string[] {
  return content.match(new RegExp(`[\\s\\S]{1,${length}}`, "gu")) ?? [];
}

/** The arguments of a call as they are on the wire. */
export function renderArguments(call: ScriptedCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

let callCount = 0;

function freshCallId(): string {
  callCount += 1;
  return `call_scripted${callCount}`;
}

function closing(finish: string, completion: number, { usage }: AnswerOptions): Script[] {
  const counts = usage ?? { prompt: 10, completion };
  return [finishChunk(finish), ...(counts === false ? [] : [usageChunk(counts)]), done()];
}
