import type { ItemChecker, ItemEvent } from "./grammar-item.ts";
import { demand, demandEqual, demandText } from "./grammar-rule.ts";
import type { OutputItem } from "./items.ts";
import type {
  OutputMcpApprovalRequest,
  OutputMcpCall,
  OutputMcpItem,
  OutputMcpListTools,
} from "./mcp-items.ts";

/** Begins to follow an item that tells of tools of an MCP server. */
export function openMcpItem(item: OutputMcpItem): ItemChecker {
  demandText(item.server_label, "server_label");
  switch (item.type) {
    case "mcp_list_tools":
      return new McpListChecker(item);
    case "mcp_call":
      return new McpCallChecker(item);
    case "mcp_approval_request":
      return new McpApprovalChecker(item);
  }
}

/** `added in_progress (completed | failed) done`; what is cut short has fewer of them and no tools. */
class McpListChecker implements ItemChecker {
  readonly added: OutputMcpListTools;
  readonly ends = [undefined];
  #step: "added" | "in_progress" | "completed" | "failed" = "added";

  constructor(item: OutputMcpListTools) {
    demandEqual(item.tools, [], "empty-start", "the tools of an added list");
    demandEqual("error" in item, false, "empty-start", "whether an added list has an error");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const prefix = "response.mcp_list_tools.";
    demand(event.type.startsWith(prefix), "item-match", `a list of tools has no event '${event.type}'`);
    const step = event.type.slice(prefix.length) as "in_progress" | "completed" | "failed";
    const after = step === "in_progress" ? "added" : "in_progress";
    demandEqual(this.#step, after, "part-order", `what a list's '${step}' comes after`);
    this.#step = step;
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "mcp_list_tools", "identity", "a list of tools is done as something else");
    const failed = "error" in done;
    demandEqual(failed, this.#step === "failed", "status", "whether the list has an error");
    if (failed) demandText(done.error, "error");
    if (this.#step !== "completed") demandEqual(done.tools, [], "status", "the tools of a list that failed");
    return { tools: done.tools, ...(failed && { error: done.error }) };
  }
}

/** `added in_progress delta* arguments.done (completed | failed)? done`. */
class McpCallChecker implements ItemChecker {
  readonly added: OutputMcpCall;
  readonly ends = ["completed", "incomplete", "failed"];
  #arguments = "";
  #step: "added" | "in_progress" | "written" | "completed" | "failed" = "added";

  constructor(item: OutputMcpCall) {
    demandEqual(item.status, "in_progress", "status", "the status of an added item");
    demandText(item.name, "name");
    demandEqual(
      [item.arguments, item.output, item.error],
      ["", null, null],
      "empty-start",
      "arguments, output and error of an added call",
    );
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const follows = (step: string) =>
      demandEqual(this.#step, step, "part-order", `what '${event.type}' comes after`);
    switch (event.type) {
      case "response.mcp_call.in_progress":
        follows("added");
        this.#step = "in_progress";
        return;
      case "response.mcp_call_arguments.delta":
        follows("in_progress");
        demandText(event.delta, "delta");
        this.#arguments += event.delta;
        return;
      case "response.mcp_call_arguments.done":
        follows("in_progress");
        demandEqual(event.arguments, this.#arguments, "sum", "arguments");
        this.#step = "written";
        return;
      case "response.mcp_call.completed":
      case "response.mcp_call.failed":
        follows("written");
        this.#step = event.type === "response.mcp_call.completed" ? "completed" : "failed";
        return;
      default:
        demand(false, "item-match", `a call of an MCP server's tool has no event '${event.type}'`);
    }
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "mcp_call", "identity", "a call is done as something else");
    const { output, error, status } = done;
    const expected = this.#step === "completed" || this.#step === "failed" ? this.#step : "incomplete";
    demandEqual(status, expected, "status", "the status of a call that is done");
    // One that is cut short has an error where it is known not to have been carried out.
    const hasError = error !== null;
    demandEqual(
      [output !== null, hasError],
      [status === "completed", status === "failed" || (status === "incomplete" && hasError)],
      "status",
      "whether the call has an output and an error",
    );
    return { arguments: this.#arguments, output, error };
  }
}

/** `added done`: the request is whole from the beginning. */
class McpApprovalChecker implements ItemChecker {
  readonly added: OutputMcpApprovalRequest;
  readonly ends = [undefined];

  constructor(item: OutputMcpApprovalRequest) {
    demandText(item.name, "name");
    demandText(item.arguments, "arguments");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    demand(false, "item-match", `a request for approval has no event '${event.type}'`);
  }

  content(): Partial<OutputItem> {
    return {};
  }
}
