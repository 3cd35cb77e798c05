import type { MadeImage } from "@gateway/engine";
import type { ApiError } from "@gateway/protocol";
import { createParser } from "eventsource-parser";
import { cutOff, fromUnreadable, garbage } from "../upstream/upstream-errors.ts";
import { type ImageAnswer, type ImageFound, type ImageSource, toMadeImage } from "./from-image-answer.ts";

/** How a stream of pictures is read. */
export interface ImageStreamOptions extends ImageSource {
  /** Longest stream, in bytes. */
  longest: number;
  onPartial(content: string): void;
  /** Makes an ApiError of an error that the server sends in its stream. */
  toError(error: unknown): ApiError;
}

type ImageEvent = { type?: unknown; error?: unknown } & ImageAnswer & ImageFound;

/**
 * Reads the events of an images endpoint (`image_generation.partial_image`, `image_generation.completed`) to the picture
 * that is whole. Throws an ApiError where there is none, or the stream says so.
 */
export async function readImageStream(
  stream: AsyncIterable<Uint8Array>,
  { backend, format, longest, onPartial, toError }: ImageStreamOptions,
): Promise<MadeImage> {
  let made: MadeImage | undefined;
  let failure: unknown;
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: longest,
    onEvent: ({ event, data }) => {
      if (data === "" || data.trim() === "[DONE]" || failure !== undefined || made !== undefined) return;
      try {
        const found = JSON.parse(data) as ImageEvent;
        const type = String(found.type ?? event ?? "");
        if (found.error != null || type === "error") throw toError(found);
        const content = found.b64_json;
        if (type.endsWith(".partial_image")) {
          if (typeof content === "string" && content !== "") onPartial(content);
        } else if (type.endsWith(".completed")) made = toMadeImage(found, found, { backend, format });
      } catch (thrown) {
        const broken = thrown instanceof SyntaxError;
        failure = broken
          ? garbage(backend, "an event that is no JSON", thrown)
          : fromUnreadable(thrown, backend);
      }
    },
  });
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > longest) throw garbage(backend, "a stream that is too long");
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (failure !== undefined) throw failure;
    if (made !== undefined) return made;
  }
  parser.feed("\n\n");
  if (failure !== undefined) throw failure;
  if (made === undefined) throw cutOff(backend);
  return made;
}
