import type { FunctionTool } from "@gateway/protocol";
import { OpenFunctionCall } from "../../open-function-call.ts";
import type { ClientTool } from "./client-tool.ts";

/** A function of the caller's, offered under `offered`, which is its own name unless it is in a namespace. */
export function openFunctionTool(
  declared: FunctionTool,
  offered: string,
  namespace: string | undefined,
): ClientTool {
  const { name } = declared;
  return {
    type: "function",
    name,
    namespace,
    itemType: "function_call",
    definition: { ...declared, name: offered },
    open: (id, index, emit, { callId }) => new OpenFunctionCall(id, index, emit, { callId, name, namespace }),
  };
}
