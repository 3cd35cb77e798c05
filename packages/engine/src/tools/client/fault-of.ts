import { ApiError } from "@gateway/protocol";
import { ToolInputError } from "../server-tool.ts";
import type { CallFault } from "./client-tool.ts";

/** What is wrong with arguments that `read` throws on; undefined where it does not. What else it throws is thrown on. */
export function faultOf(read: () => unknown): CallFault | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ToolInputError || thrown instanceof ApiError)) throw thrown;
    return { message: thrown.message, code: "tool_arguments_invalid" };
  }
}
