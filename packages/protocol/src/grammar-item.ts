import type { ResponseEvent } from "./events.ts";
import { CustomCallChecker, ShellCallChecker, WholeCallChecker } from "./grammar-client-calls.ts";
import { CodeCallChecker } from "./grammar-code.ts";
import { openHostedItem } from "./grammar-hosted.ts";
import { openMcpItem } from "./grammar-mcp.ts";
import { PartList } from "./grammar-part.ts";
import { demand, demandEqual, demandText, type GrammarRule } from "./grammar-rule.ts";
import type {
  OutputCompaction,
  OutputFileSearchCall,
  OutputItem,
  OutputMessage,
  OutputReasoning,
} from "./items.ts";
import { isMcpOutput } from "./mcp-items.ts";
import type { OutputFunctionCall } from "./output-calls.ts";

/** Events that belong to one item, between its `added` and its `done`. */
export type ItemEvent = Extract<ResponseEvent, { item_id: string } | { command_index: number }>;

/** Follows one output item from `added` to `done`. */
export interface ItemChecker {
  readonly added: OutputItem;
  /** The statuses that its `done` may have, where they are not the usual two. */
  readonly ends?: readonly unknown[];
  /** Takes an event that names this item. */
  take(event: ItemEvent): void;
  /** Throws unless all parts are closed. Gives what the done item must say beside what it was added with. */
  content(done: OutputItem): Partial<OutputItem>;
}

/** Begins to follow an item; it must be added empty and in progress. */
export function openItem(item: OutputItem): ItemChecker {
  demand(typeof item === "object" && item !== null, "shape", "the event has no item");
  if (item.type === "compaction") return new CompactionChecker(item);
  if (isMcpOutput(item)) return openMcpItem(item);
  demandEqual(item.status, "in_progress", "status", "the status of an added item");
  switch (item.type) {
    case "message":
      return new MessageChecker(item);
    case "reasoning":
      return new ReasoningChecker(item);
    case "function_call":
      return new FunctionCallChecker(item);
    case "file_search_call":
      return new FileSearchChecker(item);
    case "web_search_call":
    case "image_generation_call":
      return openHostedItem(item);
    case "code_interpreter_call":
      return new CodeCallChecker(item);
    case "custom_tool_call":
      return new CustomCallChecker(item);
    case "shell_call":
      return new ShellCallChecker(item);
    case "local_shell_call":
    case "apply_patch_call":
    case "computer_call":
    case "tool_search_call":
    case "tool_search_output":
      return new WholeCallChecker(item);
    default:
      return foreign("known-type", `items of type '${String((item as { type: unknown }).type)}'`);
  }
}

/** `added PART+ done`. */
class MessageChecker implements ItemChecker {
  readonly added: OutputMessage;
  readonly #parts = new PartList("content_index", ["output_text", "refusal"]);

  constructor(item: OutputMessage) {
    demandEqual(item.role, "assistant", "shape", "the role of an output message");
    demandEqual(item.content, [], "empty-start", "the content of an added message");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const parts = this.#parts;
    switch (event.type) {
      case "response.content_part.added":
        parts.open(event.content_index, event.part);
        break;
      case "response.output_text.delta":
        parts.at(event.content_index).delta("output_text", event.delta, event.logprobs);
        break;
      case "response.output_text.annotation.added":
        parts.at(event.content_index).annotate(event.annotation_index, event.annotation);
        break;
      case "response.output_text.done":
        parts.at(event.content_index).write("output_text", event.text, event.logprobs);
        break;
      case "response.refusal.delta":
        parts.at(event.content_index).delta("refusal", event.delta);
        break;
      case "response.refusal.done":
        parts.at(event.content_index).write("refusal", event.refusal);
        break;
      case "response.content_part.done":
        parts.close(event.content_index, event.part);
        break;
      default:
        foreign("item-match", `a message has no event '${event.type}'`);
    }
  }

  content(): Partial<OutputItem> {
    const content = this.#parts.closed();
    demand(content.length > 0, "closed", "a message is done without any part");
    return { content } as Partial<OutputMessage>;
  }
}

/** `added (TEXT PART)? (SUMMARY PART)* done`. */
class ReasoningChecker implements ItemChecker {
  readonly added: OutputReasoning;
  readonly #parts = new PartList("content_index", ["reasoning_text"]);
  readonly #summary = new PartList("summary_index", ["summary_text"]);

  constructor(item: OutputReasoning) {
    demandEqual(item.content, [], "empty-start", "the content of an added reasoning item");
    demandEqual(item.summary, [], "empty-start", "the summary of an added reasoning item");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    switch (event.type) {
      case "response.content_part.added":
        demand(this.#parts.length === 0, "part-order", "a reasoning item has one text part at most");
        demand(this.#summary.length === 0, "part-order", "a reasoning item's text comes before its summary");
        this.#parts.open(event.content_index, event.part);
        break;
      case "response.reasoning_text.delta":
        this.#parts.at(event.content_index).delta("reasoning_text", event.delta);
        break;
      case "response.reasoning_text.done":
        this.#parts.at(event.content_index).write("reasoning_text", event.text);
        break;
      case "response.content_part.done":
        this.#parts.close(event.content_index, event.part);
        break;
      case "response.reasoning_summary_part.added":
        this.#parts.closed();
        this.#summary.open(event.summary_index, event.part);
        break;
      case "response.reasoning_summary_text.delta":
        this.#summary.at(event.summary_index).delta("summary_text", event.delta);
        break;
      case "response.reasoning_summary_text.done":
        this.#summary.at(event.summary_index).write("summary_text", event.text);
        break;
      case "response.reasoning_summary_part.done":
        this.#summary.close(event.summary_index, event.part);
        break;
      default:
        foreign("item-match", `a reasoning item has no event '${event.type}'`);
    }
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "reasoning", "identity", "a reasoning item is done as something else");
    const sealed = done.encrypted_content;
    if (sealed !== undefined) demandText(sealed, "encrypted_content");
    return {
      content: this.#parts.closed(),
      summary: this.#summary.closed(),
      ...(sealed !== undefined && { encrypted_content: sealed }),
    } as Partial<OutputReasoning>;
  }
}

/** `added delta* arguments.done done`. */
class FunctionCallChecker implements ItemChecker {
  readonly added: OutputFunctionCall;
  #arguments = "";
  #written = false;

  constructor(item: OutputFunctionCall) {
    demandText(item.call_id, "call_id");
    demandText(item.name, "name");
    demandEqual(item.arguments, "", "empty-start", "the arguments of an added call");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    switch (event.type) {
      case "response.function_call_arguments.delta":
        demand(!this.#written, "part-match", "the call's arguments are done already");
        demandText(event.delta, "delta");
        this.#arguments += event.delta;
        return;
      case "response.function_call_arguments.done":
        demand(!this.#written, "part-match", "the call's arguments are done already");
        demandEqual(event.arguments, this.#arguments, "sum", "arguments");
        demandEqual(event.name, this.added.name, "identity", "name");
        this.#written = true;
        return;
      default:
        foreign("item-match", `a function call has no event '${event.type}'`);
    }
  }

  content(): Partial<OutputItem> {
    demand(this.#written, "closed", "a function call is done before its arguments are");
    return { arguments: this.#arguments };
  }
}

/** `added in_progress searching completed done`; cut short it has fewer of them, and another status. */
class FileSearchChecker implements ItemChecker {
  readonly added: OutputFileSearchCall;
  readonly ends = ["completed", "incomplete", "failed"];
  readonly #steps = ["in_progress", "searching", "completed"];

  constructor(item: OutputFileSearchCall) {
    demandEqual(item.queries, [], "empty-start", "the queries of an added search");
    demandEqual(item.results, null, "empty-start", "the results of an added search");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const prefix = "response.file_search_call.";
    demand(event.type.startsWith(prefix), "item-match", `a search has no event '${event.type}'`);
    demandEqual(event.type.slice(prefix.length), this.#steps.shift(), "part-order", "the step of a search");
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "file_search_call", "identity", "a search is done as something else");
    const all = this.#steps.length === 0;
    demandEqual(done.status === "completed", all, "status", "whether the search is completed");
    for (const query of done.queries) demandText(query, "queries[]");
    // What was asked and found is in no event but this one.
    return { queries: done.queries, results: done.results };
  }
}

/** `added compacting? done`; cut short it stays empty. */
class CompactionChecker implements ItemChecker {
  readonly added: OutputCompaction;
  readonly ends = [undefined];
  #compacting = false;

  constructor(item: OutputCompaction) {
    demandEqual(item.encrypted_content, "", "empty-start", "the content of an added compaction");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    demand(
      event.type === "response.compaction.compacting",
      "item-match",
      `a compaction has no event '${event.type}'`,
    );
    demand(!this.#compacting, "part-order", "a compaction begins once");
    this.#compacting = true;
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "compaction", "identity", "a compaction is done as something else");
    return { encrypted_content: done.encrypted_content };
  }
}

function foreign(rule: GrammarRule, what: string): never {
  demand(false, rule, what);
}
