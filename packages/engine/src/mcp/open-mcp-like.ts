import type { OutputMcpItem } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";
import { OpenMcpApproval, OpenMcpCall } from "./open-mcp-call.ts";
import { OpenMcpList } from "./open-mcp-list.ts";

/** Opens an item of the same kind, id and facts as one that has been opened before; closing it tells how that went. */
export function openMcpLike(item: OutputMcpItem, index: number, emit: Emit): OpenItem {
  const { id, server_label: label } = item;
  switch (item.type) {
    case "mcp_list_tools": {
      const { tools, error, server_url, connector_id, allowed_tools } = item;
      const asked = {
        ...(server_url !== undefined && { server_url }),
        ...(connector_id !== undefined && { connector_id }),
        ...(allowed_tools !== undefined && { allowed_tools }),
      };
      return new OpenMcpList(id, index, emit, label, error == null ? { tools, asked } : { error });
    }
    case "mcp_approval_request":
      return new OpenMcpApproval(id, index, emit, { label, tool: item.name, args: item.arguments });
    case "mcp_call": {
      const { output, error, approval_request_id: approval } = item;
      const call = new OpenMcpCall(id, index, emit, { label, tool: item.name }, approval);
      // One that was only just begun has none yet.
      call.arguments(item.arguments);
      // What is not told to be left undone may have been done.
      if (item.status === "incomplete" && error === null) call.written();
      if (error !== null) call.ended({ error });
      else if (output !== null) call.ended({ output });
      return call;
    }
  }
}
