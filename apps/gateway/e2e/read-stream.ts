import type { ResponseEvent, ResponseObject } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { readSse, type SseEvent } from "@gateway/testkit";
import OpenAI from "openai";
import { post } from "./post.ts";

/** A stream as it went over the wire, held to the grammar and to the official client. */
export interface ReadStream {
  events: ResponseEvent[];
  frames: SseEvent[];
  /** What the official client's accumulator made of the same bytes. */
  accumulated: ResponseObject;
  /** The response inside the terminal event. */
  final: ResponseObject;
}

/** Posts a streaming request, reads it to `[DONE]` and checks it from every side. */
export async function postStream(url: string, body: Record<string, unknown>): Promise<ReadStream> {
  const response = await post(url, { ...body, stream: true });
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  const frames: SseEvent[] = [];
  for await (const frame of readSse(response)) frames.push(frame);
  return checkFrames(frames);
}

/** Checks frames that were read elsewhere; the last must be `[DONE]`. */
export async function checkFrames(frames: SseEvent[]): Promise<ReadStream> {
  const last = frames.at(-1);
  if (last?.data !== "[DONE]")
    throw new Error(`the stream ends with ${last?.data ?? "nothing"} instead of [DONE]`);
  const events = frames.slice(0, -1).map((frame) => {
    const event = JSON.parse(frame.data) as ResponseEvent;
    if (frame.event !== event.type) throw new Error(`event: ${frame.event} carries ${event.type}`);
    if (frame.id !== undefined) throw new Error("an event has an id field");
    return event;
  });
  checkStream(events);
  const terminal = events.at(-1) as Extract<ResponseEvent, { response: unknown }>;
  return { events, frames, accumulated: await accumulate(frames), final: terminal.response };
}

/** Replays recorded bytes through `responses.stream()` of the official client, which throws on any illegal event. */
async function accumulate(frames: readonly SseEvent[]): Promise<ResponseObject> {
  const bytes = frames.map(({ raw }) => raw).join("");
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://replay.invalid/v1",
    maxRetries: 0,
    fetch: async () => new Response(bytes, { headers: { "content-type": "text/event-stream" } }),
  });
  const stream = client.responses.stream({ model: "replayed", input: "replayed" });
  return (await stream.finalResponse()) as unknown as ResponseObject;
}
