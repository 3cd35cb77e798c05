import type { FunctionTool } from "@gateway/protocol";
import { OpenFunctionCall } from "../../open-function-call.ts";
import type { ClientTool } from "./client-tool.ts";

/**
 * A function of the caller's, offered under `offered`, which is its own name unless it is in a namespace. Calls of one
 * that is loaded later (`deferred`) and in no namespace say its name as their namespace, too, as the API does: by that
 * clients tell it from a function of the same name that is at hand.
 */
export function openFunctionTool(
  declared: FunctionTool,
  offered: string,
  { namespace, deferred }: { namespace: string | undefined; deferred: boolean },
): ClientTool {
  const { name } = declared;
  const told = namespace ?? (deferred ? name : undefined);
  return {
    type: "function",
    name,
    namespace,
    itemType: "function_call",
    definition: { ...declared, name: offered },
    open: (id, index, emit, { callId }) =>
      new OpenFunctionCall(id, index, emit, { callId, name, namespace: told }),
  };
}
