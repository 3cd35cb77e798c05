import type { ItemStatus, OutputMcpApprovalRequest, OutputMcpCall } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";
import type { McpOutcome } from "./mcp-client.ts";

/** A call as the model wrote it. */
export interface McpCallFacts {
  label: string;
  tool: string;
  /** JSON text. */
  args: string;
}

/** A call of a server's tool on its way into the stream. The arguments are whole when it begins, so they are told at once. */
export class OpenMcpCall implements OpenItem {
  readonly item: OutputMcpCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #outcome: () => McpOutcome | undefined;

  /** `approval` is the id of the request whose approval let it run. `outcome` gives how it went, once it is over. */
  constructor(
    id: string,
    index: number,
    emit: Emit,
    { label, tool, args }: McpCallFacts,
    approval: string | null,
    outcome: () => McpOutcome | undefined,
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
    this.#outcome = outcome;
    const place = { item_id: id, output_index: index };
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    emit({ type: "response.mcp_call.in_progress", ...place });
    if (args !== "") emit({ type: "response.mcp_call_arguments.delta", ...place, delta: args });
    emit({ type: "response.mcp_call_arguments.done", ...place, arguments: args });
    this.item.arguments = args;
  }

  /** Takes the arguments of a call that was begun elsewhere; they have been told. */
  wrote(args: string): void {
    this.item.arguments = args;
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const outcome = status === "completed" ? this.#outcome() : undefined;
    if (outcome === undefined) item.status = "incomplete";
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
}

/** A request for approval on its way into the stream. It is whole when it begins. */
export class OpenMcpApproval implements OpenItem {
  readonly item: OutputMcpApprovalRequest;
  readonly #index: number;
  readonly #emit: Emit;

  constructor(id: string, index: number, emit: Emit, { label, tool, args }: McpCallFacts) {
    this.item = { type: "mcp_approval_request", id, server_label: label, name: tool, arguments: args };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
  }

  close(): void {
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
