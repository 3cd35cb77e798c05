import {
  type ApiError,
  internal,
  isTerminal,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";

/**
 * Reads a response's events to their end and gives the final object: the body of an answer that is not
 * streamed. No status was sent yet, so a response that failed is thrown as what it failed of: `failure` gives it.
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
  if (response.error) throw failure() ?? internal(response.error.message, { code: response.error.code });
  return response;
}
