import type { ContentPart } from "./content.ts";
import type { InputItem, Item } from "./items.ts";
import { type Tool, toEchoedTool } from "./tools.ts";

/** An item that stands for itself, not for another. */
type WholeItem = Exclude<InputItem, { type: "item_reference" }>;

/**
 * An item as it is stored and listed, in the full form that the SDKs' types promise: with an id and a status, a
 * message's plain text as the one part that it is short for, and the defaults of parts filled in.
 */
export function toStoredItem(item: WholeItem, id: string): Item {
  switch (item.type) {
    case "message":
      return { ...item, id, status: item.status ?? "completed", content: toParts(item.role, item.content) };
    case "function_call":
    case "function_call_output":
    case "custom_tool_call":
    case "custom_tool_call_output":
    case "local_shell_call":
    case "apply_patch_call":
    case "computer_call_output":
    case "web_search_call":
    case "image_generation_call":
      return { ...item, id, status: item.status ?? "completed" };
    case "code_interpreter_call":
      return { ...item, id, outputs: item.outputs ?? null, status: item.status ?? "completed" };
    case "reasoning":
      return { ...item, id, summary: item.summary ?? [] };
    case "file_search_call":
      return { ...item, id, queries: item.queries ?? [], results: item.results ?? null };
    case "local_shell_call_output":
      // Its id names the call; as an item it has one of its own.
      return { ...item, id, call_id: item.call_id ?? item.id, status: item.status ?? "completed" };
    case "shell_call": {
      const action = { timeout_ms: null, max_output_length: null, ...item.action };
      return {
        ...item,
        id,
        action,
        environment: item.environment ?? null,
        status: item.status ?? "completed",
      };
    }
    case "shell_call_output": {
      const { max_output_length = null, status } = item;
      return { ...item, id, max_output_length, status: status ?? "completed" };
    }
    case "computer_call": {
      const { pending_safety_checks: checks, status } = item;
      return { ...item, id, pending_safety_checks: checks ?? [], status: status ?? "completed" };
    }
    case "tool_search_call":
      return { ...item, id, ...searchDefaults(item) };
    case "tool_search_output":
      return { ...item, id, ...searchDefaults(item), tools: item.tools.map(toEchoedTool) as Tool[] };
    case "additional_tools":
      return { ...item, id, tools: item.tools.map(toEchoedTool) as Tool[] };
    case "mcp_list_tools": {
      const { error, ...list } = item;
      return { ...list, id, ...(error != null && { error }) };
    }
    case "mcp_call":
      return { ...item, id, ...mcpCallDefaults(item) };
    case "mcp_approval_response":
      return { ...item, id, reason: item.reason ?? null };
    default:
      return { ...item, id };
  }
}

function mcpCallDefaults(item: Extract<WholeItem, { type: "mcp_call" }>) {
  const { output = null, error = null, approval_request_id = null, status } = item;
  return { output, error, approval_request_id, status: status ?? "completed" };
}

/** A search that says no call was made by a server. */
function searchDefaults(item: {
  call_id?: string | null | undefined;
  execution?: "server" | "client" | null | undefined;
  status?: string | null | undefined;
}) {
  const { call_id = null, execution, status } = item;
  return {
    call_id,
    execution: execution ?? (call_id === null ? ("server" as const) : ("client" as const)),
    status: status ?? "completed",
  };
}

function toParts(role: string, content: string | ContentPart[]): ContentPart[] {
  if (typeof content !== "string") return content.map(toFullPart);
  return [toFullPart({ type: role === "assistant" ? "output_text" : "input_text", text: content })];
}

function toFullPart(part: ContentPart): ContentPart {
  if (part.type === "output_text") return { annotations: [], logprobs: [], ...part };
  return part.type === "input_image" ? { ...part, detail: part.detail ?? "auto" } : part;
}
