import { internal, isTerminal, type ResponseEvent, type ResponseObject } from "@gateway/protocol";

/**
 * Reads a response's events to their end and gives the final object: the body of an answer that is not
 * streamed. A response that failed becomes the 500 its error describes, since no status was sent yet.
 */
export async function drain(batches: AsyncIterable<ResponseEvent[]>): Promise<ResponseObject> {
  let response: ResponseObject | undefined;
  for await (const batch of batches) {
    const last = batch.at(-1);
    if (last !== undefined && isTerminal(last)) response = last.response;
  }
  if (response === undefined) throw internal("The response was cancelled.", { code: "cancelled" });
  if (response.error) throw internal(response.error.message, { code: response.error.code });
  return response;
}
