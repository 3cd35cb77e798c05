import type { ImageMaker, ImageOrder, MadeImage } from "@gateway/engine";
import type { ApiError } from "@gateway/protocol";
import { checkStatus } from "../chat-completions/check-status.ts";
import { fromErrorChunk } from "../chat-completions/from-chat-error.ts";
import { type RetryPolicy, withRetry } from "../upstream/retry.ts";
import type { Timeouts } from "../upstream/timeouts.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { garbage } from "../upstream/upstream-errors.ts";
import type { UpstreamExchange } from "../upstream/upstream-exchange.ts";
import { fromImageAnswer, type ImageAnswer, type ImageSource } from "./from-image-answer.ts";
import { readImageStream } from "./read-image-stream.ts";
import { type ImagesDialect, toImageRequest } from "./to-image-request.ts";

/** What {@link openImagesEndpoint} works with. */
export interface ImagesEndpoint {
  /** The backend's name, for errors. */
  backend: string;
  upstream: Upstream;
  timeouts: Timeouts;
  retry: RetryPolicy;
  /** Must not be seen in an error. */
  key: string | undefined;
  dialect: ImagesDialect;
}

/** Longest answer, in bytes: a picture in base64. */
const longestAnswer = 64 * 2 ** 20;

/**
 * Makes pictures by `POST /images/generations` of a model server (API reference, "Create image"). Unfinished pictures are
 * streamed where they are asked for; a server that knows no streams sends the whole at once. Nothing is heard of a picture
 * until it is there, which takes minutes with some models: of the limits on silence none holds, but the one on a connection
 * and the one on the whole call do.
 */
export function openImagesEndpoint(endpoint: ImagesEndpoint): ImageMaker {
  const { backend, upstream, timeouts, retry, key, dialect } = endpoint;
  return {
    async make(order: ImageOrder, onPartial, signal): Promise<MadeImage> {
      signal.throwIfAborted();
      const body = JSON.stringify(toImageRequest(order, dialect));
      const deadline = performance.now() + timeouts.total;
      const context = { backend, model: dialect.model ?? order.model, secret: key };
      const silence = { firstByte: timeouts.total, idle: timeouts.total };
      const exchange = await withRetry(retry, signal, async () => {
        const answer = await upstream.send({
          method: "POST",
          path: "/images/generations",
          body,
          deadline,
          timeouts: silence,
          signal,
        });
        await checkStatus(answer, context);
        return answer;
      });
      const toError = (error: unknown) => fromErrorChunk(error, context);
      const streams = exchange.headers["content-type"]?.includes("event-stream") === true;
      const source = { backend, format: order.outputFormat };
      return streams
        ? await readImageStream(exchange, { ...source, longest: longestAnswer, onPartial, toError })
        : await readWhole(exchange, source, toError);
    },
  };
}

async function readWhole(
  exchange: UpstreamExchange,
  source: ImageSource,
  toError: (error: unknown) => ApiError,
): Promise<MadeImage> {
  const { backend } = source;
  const { text, complete } = await exchange.text(longestAnswer);
  if (!complete) throw garbage(backend, "more than 64 MiB");
  let answer: ImageAnswer | null;
  try {
    answer = JSON.parse(text) as ImageAnswer | null;
  } catch (cause) {
    throw garbage(backend, "no JSON", cause);
  }
  if (answer?.error != null) throw toError(answer);
  return fromImageAnswer(answer, source);
}
