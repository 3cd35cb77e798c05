import type { ClientCallEventBody } from "./client-call-events.ts";
import type { CodeEventBody } from "./code-interpreter.ts";
import type { Annotation, Logprob, OutputTextPart, RefusalPart } from "./content.ts";
import type { HostedEventBody } from "./hosted-events.ts";
import type { OutputItem } from "./items.ts";
import type { McpEventBody } from "./mcp-events.ts";
import type { ResponseObject } from "./response.ts";

/** Names an item: its id and its place in `output`. */
interface OfItem {
  item_id: string;
  output_index: number;
}

/** Names a content part of an item. */
interface OfPart extends OfItem {
  content_index: number;
}

type ReasoningTextPart = { type: "reasoning_text"; text: string };
type SummaryPart = { type: "summary_text"; text: string };

/** Every event this server emits, without its sequence number (API reference, "Streaming events"). */
export type ResponseEventBody =
  | { type: "response.created" | "response.queued" | "response.in_progress"; response: ResponseObject }
  | { type: "response.completed" | "response.incomplete" | "response.failed"; response: ResponseObject }
  | {
      type: "response.output_item.added" | "response.output_item.done";
      output_index: number;
      item: OutputItem;
    }
  | ({
      type: "response.content_part.added" | "response.content_part.done";
      part: OutputTextPart | RefusalPart | ReasoningTextPart;
    } & OfPart)
  | ({ type: "response.output_text.delta"; delta: string; logprobs: Logprob[] } & OfPart)
  | ({ type: "response.output_text.done"; text: string; logprobs: Logprob[] } & OfPart)
  | ({
      type: "response.output_text.annotation.added";
      annotation_index: number;
      annotation: Annotation;
    } & OfPart)
  | ({ type: "response.refusal.delta"; delta: string } & OfPart)
  | ({ type: "response.refusal.done"; refusal: string } & OfPart)
  | ({ type: "response.reasoning_text.delta"; delta: string } & OfPart)
  | ({ type: "response.reasoning_text.done"; text: string } & OfPart)
  | ({
      type: "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done";
      summary_index: number;
      part: SummaryPart;
    } & OfItem)
  | ({ type: "response.reasoning_summary_text.delta"; summary_index: number; delta: string } & OfItem)
  | ({ type: "response.reasoning_summary_text.done"; summary_index: number; text: string } & OfItem)
  | ClientCallEventBody
  | McpEventBody
  | HostedEventBody
  | CodeEventBody
  | ({
      type:
        | "response.file_search_call.in_progress"
        | "response.file_search_call.searching"
        | "response.file_search_call.completed";
    } & OfItem)
  | ({ type: "response.compaction.compacting" } & OfItem);

/** An event of a response's stream; numbers start at 0 and have no gaps over the response's whole life. */
export type ResponseEvent = ResponseEventBody & { sequence_number: number };

/** The event that ends a stream; there is exactly one, and it is the last. */
export type TerminalEvent = Extract<
  ResponseEvent,
  { type: "response.completed" | "response.incomplete" | "response.failed" }
>;

/** Narrows an event to the one that ends its stream. */
export function isTerminal(event: ResponseEvent): event is TerminalEvent {
  return isTerminalType(event.type);
}

/** True for the type of an event that ends its stream. */
export function isTerminalType(type: string): type is TerminalEvent["type"] {
  return type === "response.completed" || type === "response.incomplete" || type === "response.failed";
}
