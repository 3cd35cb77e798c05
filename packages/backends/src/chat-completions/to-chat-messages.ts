import type { ModelTurn } from "@gateway/engine";
import { pathsInto } from "@gateway/engine";
import type { FunctionCallOutputItem, Item, MessageItem } from "@gateway/protocol";
import { AssistantRun } from "./assistant-run.ts";
import type { ChatMessage } from "./chat-request.ts";
import type { ChatDialect } from "./dialect.ts";
import { toSystemText, toToolContent, toUserContent } from "./to-chat-content.ts";

type CallItem = Extract<Item, { type: "function_call" }>;

/**
 * The conversation as chat messages. System text comes first, as one message; thoughts, text and calls that
 * follow each other become one assistant message; the outputs of its calls follow at once, wherever they
 * stand in the context, since servers refuse anything between them.
 */
export function toChatMessages(turn: ModelTurn, dialect: ChatDialect): ChatMessage[] {
  const { items } = turn;
  const front = items.findIndex((item) => !isSystemMessage(item));
  const system = front < 0 ? items : items.slice(0, front);
  const messages = toFront(turn, system, dialect);
  const answers = pairAnswers(items);
  const answered = new Set(answers.values());
  let run = new AssistantRun();

  const endRun = () => {
    if (run.empty) return;
    if (run.hasContent) messages.push(run.toMessage(dialect));
    pushAnswers(run.calls, answers, turn, messages);
    run = new AssistantRun();
  };

  for (const item of items.slice(system.length)) {
    if (item.type === "reasoning" || item.type === "function_call") {
      run.add(item, pathsInto(turn.places, item));
    } else if (item.type === "function_call_output") {
      endRun();
      if (!answered.has(item)) messages.push(toToolMessage(item, turn).message);
    } else if (item.type === "message") {
      if (item.role === "assistant") {
        run.add(item, pathsInto(turn.places, item));
        continue;
      }
      endRun();
      messages.push(toMessage(item, turn));
    }
  }
  endRun();
  return messages;
}

function isSystemMessage(item: Item): item is MessageItem {
  return item.type === "message" && (item.role === "system" || item.role === "developer");
}

/** Instructions and the system messages at the front, merged: many chat templates allow one. */
function toFront(turn: ModelTurn, system: readonly Item[], dialect: ChatDialect): ChatMessage[] {
  const texts = turn.instructions === null ? [] : [turn.instructions];
  for (const item of system) {
    if (isSystemMessage(item)) texts.push(toSystemText(item.content, pathsInto(turn.places, item)));
  }
  const content = texts.filter((text) => text !== "").join("\n\n");
  return content === "" ? [] : [{ role: dialect.systemRole, content }];
}

function toMessage(item: MessageItem, turn: ModelTurn): ChatMessage {
  const path = pathsInto(turn.places, item);
  if (item.role === "user") return { role: "user", content: toUserContent(item.content, path) };
  // Few templates know the developer role, and none of them in mid-conversation.
  return { role: "system", content: toSystemText(item.content, path) };
}

/** Which output answers which call. Ids may come back in later turns, so pairing goes by order. */
function pairAnswers(items: readonly Item[]): Map<CallItem, FunctionCallOutputItem> {
  const open = new Map<string, CallItem[]>();
  const pairs = new Map<CallItem, FunctionCallOutputItem>();
  for (const item of items) {
    if (item.type === "function_call") {
      const waiting = open.get(item.call_id);
      if (waiting) waiting.push(item);
      else open.set(item.call_id, [item]);
    } else if (item.type === "function_call_output") {
      const call = open.get(item.call_id)?.shift();
      if (call) pairs.set(call, item);
    }
  }
  return pairs;
}

/** The tool messages of a run's calls, then the images that came with them. */
function pushAnswers(
  calls: readonly CallItem[],
  answers: ReadonlyMap<CallItem, FunctionCallOutputItem>,
  turn: ModelTurn,
  messages: ChatMessage[],
): void {
  const images: ChatMessage[] = [];
  for (const call of calls) {
    const output = answers.get(call);
    if (output === undefined) continue;
    const answer = toToolMessage(output, turn);
    messages.push(answer.message);
    if (answer.images.length > 0) {
      const text = `Output of ${call.name} (call ${call.call_id}):`;
      images.push({ role: "user", content: [{ type: "text", text }, ...answer.images] });
    }
  }
  messages.push(...images);
}

function toToolMessage(item: FunctionCallOutputItem, turn: ModelTurn) {
  const { text, images } = toToolContent(item.output, pathsInto(turn.places, item));
  const content = text === "" && images.length > 0 ? "The output is in the next user message." : text;
  return { message: { role: "tool" as const, tool_call_id: item.call_id, content }, images };
}
