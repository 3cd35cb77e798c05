import type { ResponseEvent } from "@gateway/protocol";
import { OpenImageCall } from "./images/open-image-call.ts";
import { OpenMcpCall } from "./mcp/open-mcp-call.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import { openLike } from "./open-like.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { OpenCodeCall } from "./sandbox/open-code-call.ts";
import { OpenCustomCall } from "./tools/client/open-custom-call.ts";
import { OpenShellCall } from "./tools/client/open-shell-call.ts";

/**
 * The items that are still open at the end of some events, by their place, just as they are then. From now on they emit to `emit`;
 * what they emitted so far is in the events. `seal` gives the sealed form of a thought, where it is to have one.
 */
export function reopenItems(
  events: readonly ResponseEvent[],
  emit: Emit,
  seal?: SealText,
): Map<number, OpenItem> {
  const open = new Map<number, OpenItem>();
  let emits = false;
  const emitLater: Emit = (event) => {
    if (emits) emit(event);
  };
  for (const event of events) {
    if (event.type === "response.output_item.added") {
      open.set(event.output_index, openLike(event.item, event.output_index, emitLater, seal));
    } else if (event.type === "response.output_item.done") open.delete(event.output_index);
    else if ("output_index" in event) feed(open.get(event.output_index), event);
  }
  emits = true;
  return open;
}

function feed(item: OpenItem | undefined, event: ResponseEvent): void {
  if (item instanceof OpenMessage) {
    if (event.type === "response.output_text.delta") item.text(event.delta, event.logprobs);
    else if (event.type === "response.refusal.delta") item.refusal(event.delta);
    else if (event.type === "response.output_text.annotation.added") item.annotate(event.annotation);
  } else if (item instanceof OpenReasoning) {
    if (event.type === "response.reasoning_text.delta") item.text(event.delta);
  } else if (item instanceof OpenFunctionCall) {
    if (event.type === "response.function_call_arguments.delta") item.arguments(event.delta);
  } else if (item instanceof OpenMcpCall) {
    if (event.type === "response.mcp_call_arguments.delta") item.arguments(event.delta);
    else if (event.type === "response.mcp_call_arguments.done") item.written();
  } else if (item instanceof OpenCustomCall) {
    if (event.type === "response.custom_tool_call_input.delta") item.input(event.delta);
  } else if (item instanceof OpenCodeCall) {
    if (event.type === "response.code_interpreter_call_code.done") item.wrote(event.code);
  } else if (item instanceof OpenImageCall) {
    if (event.type === "response.image_generation_call.partial_image")
      item.partial(event.partial_image_b64, event);
  } else if (item instanceof OpenShellCall) {
    if (event.type === "response.shell_call_command.done") item.command(event.command);
  }
}
