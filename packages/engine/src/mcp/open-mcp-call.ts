import type { ItemStatus, McpCallError, OutputMcpApprovalRequest, OutputMcpCall } from "@gateway/protocol";
import { isJson } from "../is-json.ts";
import type { Emit, OpenItem } from "../open-item.ts";
import type { McpOutcome } from "./mcp-client.ts";

/** What a call is of. */
export interface McpCallFacts {
  label: string;
  /** The tool's name at the server. */
  tool: string;
}

/** A call as the model wrote it. */
export interface WrittenMcpCall extends McpCallFacts {
  /** JSON text. */
  args: string;
}

/** What is said of a call that no server was asked for, since its response ended before. */
const notCarriedOut: McpCallError = {
  type: "http_error",
  code: 0,
  message: "Not carried out: the response ended before the server was asked.",
};

/** A call of a server's tool on its way into the stream: its arguments as they are written, then how it went. */
export class OpenMcpCall implements OpenItem {
  readonly item: OutputMcpCall;
  readonly #index: number;
  readonly #emit: Emit;
  #written = false;
  #outcome: McpOutcome | undefined;

  /** `approval` is the id of the request whose approval let it run. */
  constructor(
    id: string,
    index: number,
    emit: Emit,
    { label, tool }: McpCallFacts,
    approval: string | null = null,
  ) {
    this.item = {
      type: "mcp_call",
      id,
      status: "in_progress",
      server_label: label,
      name: tool,
      arguments: "",
      output: null,
      error: null,
      approval_request_id: approval,
    };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    emit({ type: "response.mcp_call.in_progress", item_id: id, output_index: index });
  }

  /** Appends to the arguments. */
  arguments(delta: string): void {
    if (delta === "") return;
    const { item } = this;
    item.arguments += delta;
    this.#emit({
      type: "response.mcp_call_arguments.delta",
      item_id: item.id,
      output_index: this.#index,
      delta,
    });
  }

  /** True once the arguments are JSON: nothing more can follow. */
  get complete(): boolean {
    return isJson(this.item.arguments);
  }

  /** Tells that the arguments are whole, once. */
  written(): void {
    this.#endArguments();
  }

  /**
   * False as long as no server can have been asked. Closed as incomplete then, the call says that it was not carried out;
   * arguments that are not whole say so by themselves.
   */
  protected get mayHaveRun(): boolean {
    return this.#written;
  }

  /** Takes how the call went; it is told by closing it as completed. */
  ended(outcome: McpOutcome): void {
    this.#outcome = outcome;
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const leftUndone = !this.mayHaveRun && this.complete;
    this.#endArguments();
    const outcome = status === "completed" ? this.#outcome : undefined;
    if (outcome === undefined)
      Object.assign(item, { status: "incomplete", ...(leftUndone && { error: notCarriedOut }) });
    else if ("error" in outcome) Object.assign(item, { status: "failed", error: outcome.error });
    else Object.assign(item, { status: "completed", output: outcome.output });
    if (item.status === "completed" || item.status === "failed") {
      this.#emit({
        type: `response.mcp_call.${item.status}`,
        item_id: item.id,
        output_index: this.#index,
      });
    }
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item });
  }

  #endArguments(): void {
    if (this.#written) return;
    this.#written = true;
    this.#emit({
      type: "response.mcp_call_arguments.done",
      item_id: this.item.id,
      output_index: this.#index,
      arguments: this.item.arguments,
    });
  }
}

/** A request for approval on its way into the stream. It is whole when it begins. */
export class OpenMcpApproval implements OpenItem {
  readonly item: OutputMcpApprovalRequest;
  readonly #index: number;
  readonly #emit: Emit;

  constructor(id: string, index: number, emit: Emit, { label, tool, args }: WrittenMcpCall) {
    this.item = { type: "mcp_approval_request", id, server_label: label, name: tool, arguments: args };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
  }

  close(): void {
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
