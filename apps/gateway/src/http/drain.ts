import {
  ApiError,
  internal,
  isTerminal,
  type OutputItem,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";

/**
 * Reads a response's events to their end and gives the final object: the body of an answer that is not
 * streamed. No status was sent yet, so a response that failed is thrown as what it failed of: `failure` gives it. Where
 * tools have been run for it that is final, since the official clients would have them run once more.
 */
export async function drain(
  batches: AsyncIterable<ResponseEvent[]>,
  failure: () => ApiError | undefined,
): Promise<ResponseObject> {
  let response: ResponseObject | undefined;
  for await (const batch of batches) {
    const last = batch.at(-1);
    if (last !== undefined && isTerminal(last)) response = last.response;
  }
  if (response === undefined) throw internal("The response was cancelled.", { code: "cancelled" });
  if (response.error === null) return response;
  const error = failure() ?? internal(response.error.message, { code: response.error.code });
  if (!response.output.some(({ type }) => toolItems.has(type))) throw error;
  const { message, status, type, code, param, cause } = error;
  const { "retry-after-ms": _, ...headers } = error.headers ?? {};
  throw new ApiError(message, { status, type, code, param, headers, cause, isFinal: true });
}

/** Items of tools that do something: a search may well be made again. */
const toolItems: ReadonlySet<string> = new Set<OutputItem["type"]>([
  "mcp_call",
  "code_interpreter_call",
  "image_generation_call",
]);
