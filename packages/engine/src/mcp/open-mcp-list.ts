import type { ItemStatus, McpListedTool, OutputMcpListTools } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";
import type { ListQuestion } from "./list-question.ts";

/** The tools of a server and what it was asked for them with, or why they could not be listed. */
export type McpListing = { tools: readonly McpListedTool[]; asked?: ListQuestion } | { error: string };

/** A list of a server's tools on its way into the stream. */
export class OpenMcpList implements OpenItem {
  readonly item: OutputMcpListTools;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #listing: McpListing;

  constructor(id: string, index: number, emit: Emit, label: string, listing: McpListing) {
    const asked = "asked" in listing ? listing.asked : undefined;
    this.item = { type: "mcp_list_tools", id, server_label: label, ...asked, tools: [] };
    this.#index = index;
    this.#emit = emit;
    this.#listing = listing;
    const added = { type: this.item.type, id, server_label: label, tools: [] };
    emit({ type: "response.output_item.added", output_index: index, item: added });
    emit({ type: "response.mcp_list_tools.in_progress", item_id: id, output_index: index });
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const listing = this.#listing;
    if (status === "completed") {
      const failed = "error" in listing;
      if (failed) item.error = listing.error;
      else item.tools = [...listing.tools];
      this.#emit({
        type: `response.mcp_list_tools.${failed ? "failed" : "completed"}`,
        item_id: item.id,
        output_index: this.#index,
      });
    }
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item });
  }
}
