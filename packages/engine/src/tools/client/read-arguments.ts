import { ApiError } from "@gateway/protocol";
import type { CallFault } from "./client-tool.ts";

/** The arguments of a call as an object. Throws an {@link ApiError} whose message is for the model. */
export function readArguments(args: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = args.trim() === "" ? {} : JSON.parse(args);
  } catch (cause) {
    throw unreadable(`The arguments are not valid JSON: ${(cause as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unreadable("The arguments must be a JSON object.");
  return value as Record<string, unknown>;
}

/** What is wrong with arguments that `read` throws on; undefined where it does not. */
export function faultOf(read: () => unknown): CallFault | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    return { message: thrown.message, code: "tool_arguments_invalid" };
  }
}

function unreadable(message: string): ApiError {
  return new ApiError(message, { status: 422, type: "invalid_request_error" });
}
