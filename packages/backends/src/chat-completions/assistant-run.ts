import type { PartPath } from "@gateway/engine";
import type { Item, MessageItem } from "@gateway/protocol";
import type { ChatAssistantMessage, ChatToolCall } from "./chat-request.ts";
import type { ChatDialect } from "./dialect.ts";
import { toAssistantContent } from "./to-chat-content.ts";

type CallItem = Extract<Item, { type: "function_call" }>;
type ReasoningItem = Extract<Item, { type: "reasoning" }>;

/** Items of the model that follow each other: they were one message of the chat. */
export class AssistantRun {
  readonly calls: CallItem[] = [];
  readonly #thoughts: string[] = [];
  readonly #texts: string[] = [];
  readonly #refusals: string[] = [];

  /** Adds the next item. `path` names its parts for errors. */
  add(item: CallItem | ReasoningItem | MessageItem, path: PartPath): void {
    if (item.type === "function_call") {
      this.calls.push(item);
    } else if (item.type === "reasoning") {
      const thought = thoughtOf(item);
      if (thought !== "") this.#thoughts.push(thought);
    } else {
      const { text, refusal } = toAssistantContent(item.content, path);
      if (text !== "") this.#texts.push(text);
      if (refusal !== "") this.#refusals.push(refusal);
    }
  }

  /** True while nothing was added that says anything. */
  get empty(): boolean {
    return !this.hasContent && this.#thoughts.length === 0;
  }

  /** False for thoughts alone, left by an answer that was cut: without an answer they help no model. */
  get hasContent(): boolean {
    return this.calls.length > 0 || this.#texts.length > 0 || this.#refusals.length > 0;
  }

  toMessage(dialect: ChatDialect): ChatAssistantMessage {
    const texts = dialect.refusalKey ? this.#texts : [...this.#texts, ...this.#refusals];
    const text = texts.join("\n\n");
    const message: ChatAssistantMessage = {
      role: "assistant",
      content: text === "" && (this.calls.length > 0 || this.#refusals.length > 0) ? null : text,
    };
    if (dialect.refusalKey && this.#refusals.length > 0) message.refusal = this.#refusals.join("\n\n");
    if (this.#thoughts.length > 0) {
      for (const key of dialect.reasoningKeys) message[key] = this.#thoughts.join("\n\n");
    }
    if (this.calls.length > 0) message.tool_calls = this.calls.map(toToolCall);
    return message;
  }
}

/** The raw thought; where only a summary is left, that. */
function thoughtOf({ content, summary }: ReasoningItem): string {
  const parts = content != null && content.length > 0 ? content : (summary ?? []);
  return parts.map(({ text }) => text).join("\n");
}

function toToolCall({ call_id: id, name, arguments: text }: CallItem): ChatToolCall {
  // A call of a function without parameters may have been kept as nothing at all; servers want JSON.
  return { id, type: "function", function: { name, arguments: text.trim() === "" ? "{}" : text } };
}
