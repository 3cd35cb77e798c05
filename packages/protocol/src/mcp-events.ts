/** Names an item: its id and its place in `output`. */
interface OfItem {
  item_id: string;
  output_index: number;
}

/** Events of listed and called tools of MCP servers (API reference, "Streaming events"). */
export type McpEventBody =
  | ({
      type:
        | "response.mcp_list_tools.in_progress"
        | "response.mcp_list_tools.completed"
        | "response.mcp_list_tools.failed"
        | "response.mcp_call.in_progress"
        | "response.mcp_call.completed"
        | "response.mcp_call.failed";
    } & OfItem)
  | ({ type: "response.mcp_call_arguments.delta"; delta: string } & OfItem)
  | ({ type: "response.mcp_call_arguments.done"; arguments: string } & OfItem);
