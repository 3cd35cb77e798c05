import type { WantedTool } from "@gateway/protocol";
import type { ClientTool } from "./client-tool.ts";

/** Whether a `tool_choice` means a tool that the caller runs; a namespace stands for all that is in it. */
export function isWantedClient(tool: ClientTool, { type, name, namespace }: WantedTool): boolean {
  if (type === "namespace") return tool.namespace !== undefined && tool.namespace === name;
  if (type === "computer_use") return tool.itemType === "computer_call";
  if (tool.type !== type) return false;
  return (
    tool.name === undefined || (tool.name === name && (namespace == null || namespace === tool.namespace))
  );
}
