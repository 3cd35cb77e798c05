import {
  type CreateRequest,
  type OutputItem,
  type ResponseEvent,
  type ResponseEventBody,
  type ResponseObject,
  toVisibleItem,
  toVisibleResponse,
} from "@gateway/protocol";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit } from "./open-item.ts";
import { openLike } from "./open-like.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import { OpenCodeCall } from "./sandbox/open-code-call.ts";
import { OpenCustomCall } from "./tools/client/open-custom-call.ts";
import { OpenShellCall } from "./tools/client/open-shell-call.ts";

/**
 * The events of a response that has ended, as if it had been streamed with every text in one piece. A cancelled one
 * has no terminal event. `include` says which parts of items the events show.
 */
export function tellResponse(stored: ResponseObject, include?: CreateRequest["include"]): ResponseEvent[] {
  const response = toVisibleResponse(stored, include);
  const bodies: ResponseEventBody[] = [];
  const emit: Emit = (body) => {
    const event = structuredClone(body);
    if (event.type === "response.output_item.done") event.item = toVisibleItem(event.item, include);
    bodies.push(event);
  };
  const begun: ResponseObject = {
    ...response,
    status: "in_progress",
    completed_at: null,
    error: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
  emit({ type: "response.created", response: begun });
  emit({ type: "response.in_progress", response: begun });
  for (const [index, item] of stored.output.entries()) tellItem(item, index, emit);
  const { status } = response;
  if (status === "completed" || status === "incomplete" || status === "failed") {
    emit({ type: `response.${status}`, response });
  }
  return bodies.map((body, sequence_number) => ({ ...body, sequence_number }));
}

function tellItem(item: OutputItem, index: number, emit: Emit): void {
  const sealed = item.type === "reasoning" ? item.encrypted_content : undefined;
  const open = openLike(item, index, emit, sealed === undefined ? undefined : () => sealed);
  if (item.type === "message" && open instanceof OpenMessage) {
    for (const part of item.content) {
      if (part.type === "refusal") open.refusal(part.refusal);
      else {
        open.text(part.text, part.logprobs);
        for (const annotation of part.annotations) open.annotate(annotation);
      }
    }
  } else if (item.type === "reasoning" && open instanceof OpenReasoning) {
    for (const { text } of item.content) open.text(text);
  } else if (item.type === "function_call" && open instanceof OpenFunctionCall) {
    open.arguments(item.arguments);
  } else if (item.type === "custom_tool_call" && open instanceof OpenCustomCall) {
    open.input(item.input);
  } else if (item.type === "shell_call" && open instanceof OpenShellCall) {
    for (const command of item.action.commands) open.command(command);
  } else if (item.type === "code_interpreter_call" && open instanceof OpenCodeCall) {
    // One that failed before its code was known has none.
    if (item.status === "completed" || item.code) open.wrote(item.code ?? "");
  }
  open.close(item.status === "incomplete" ? "incomplete" : "completed");
}
