import type { FunctionTool, ToolSearchTool } from "@gateway/protocol";
import { readArguments } from "../read-arguments.ts";
import type { ClientTool } from "./client-tool.ts";
import { faultOf } from "./fault-of.ts";
import { OpenWholeCall } from "./open-whole-call.ts";

/** The search for further tools that the caller makes. What it finds comes back as `tool_search_output`. */
export function openToolSearchTool(declared: ToolSearchTool, offered: string): ClientTool {
  return {
    type: "tool_search",
    itemType: "tool_search_call",
    definition: toDefinition(declared, offered),
    check: async (args) => faultOf(() => readArguments(args)),
    open: (id, index, emit, { callId: call_id, args = "" }) =>
      new OpenWholeCall(
        {
          type: "tool_search_call",
          id,
          status: "in_progress",
          call_id,
          execution: "client",
          arguments: readArguments(args),
        },
        index,
        emit,
      ),
  };
}

function toDefinition({ description, parameters }: ToolSearchTool, name: string): FunctionTool {
  return {
    type: "function",
    name,
    description:
      description ?? "Looks for further tools that may help. Those it finds can be called afterwards.",
    parameters: parameters ?? {
      type: "object",
      properties: { query: { type: "string", description: "What the tool should be able to do." } },
      required: ["query"],
      additionalProperties: false,
    },
    strict: false,
  };
}
