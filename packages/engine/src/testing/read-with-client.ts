import { encodeEvents, type ResponseEvent, type ResponseObject, sseDone } from "@gateway/protocol";
import OpenAI from "openai";
import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import type { Response as ClientResponse, ResponseStreamEvent } from "openai/resources/responses/responses";

/**
 * Sends events over the wire form into the official client's `responses.stream()` and gives its final
 * response. Rejects where the client finds any event illegal.
 */
export async function readWithClient(
  events: readonly ResponseEvent[],
  obfuscate: boolean,
): Promise<ResponseObject & { output_text: string }> {
  const body = encodeEvents(events, obfuscate) + sseDone;
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://replay.invalid/v1",
    maxRetries: 0,
    fetch: async () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
  });
  const stream = client.responses.stream({ model: "m", input: "hi" });
  return (await stream.finalResponse()) as unknown as ResponseObject & { output_text: string };
}

/**
 * What the official client's accumulator has put together before the terminal event replaces it: the sum of
 * the events alone.
 */
export function accumulateWithClient(events: readonly ResponseEvent[]): ResponseObject {
  let snapshot: ClientResponse | undefined;
  for (const event of structuredClone(events)) {
    if ("response" in event && event.response.status !== "in_progress") continue;
    snapshot = accumulateResponse(event as unknown as ResponseStreamEvent, snapshot);
  }
  if (snapshot === undefined) throw new Error("the stream has no events");
  return snapshot as unknown as ResponseObject;
}
