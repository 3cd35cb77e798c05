import { sseDone, ssePing } from "@gateway/protocol";
import type { AppContext } from "./context.ts";

/** How batches go out. */
export interface EventStreamOptions<T> {
  /** The text of a batch. */
  encode(batch: T): string;
  /** A comment is sent after this much silence, in milliseconds; 0 for never. */
  heartbeat: number;
  /** Called when the reader leaves before the end. */
  onCancel(): void;
}

/** A byte stream, and the moment it is over. */
export interface EventStream {
  body: ReadableStream<Uint8Array>;
  over: Promise<void>;
}

/** Answers with a server-sent event stream; see {@link toEventStream}. */
export function sendEvents<T>(
  c: AppContext,
  first: string,
  rest: AsyncIterator<T>,
  options: EventStreamOptions<T>,
): Response {
  const stream = toEventStream(first, rest, options);
  c.set("bodyOver", stream.over);
  return c.body(stream.body, 200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    connection: "keep-alive",
    // Tells nginx and its like not to collect the stream.
    "x-accel-buffering": "no",
  });
}

/**
 * Makes a server-sent event stream of batches of events: one chunk a batch, pulled as the reader takes them,
 * closed by `[DONE]`. `first` is the text of the batch already taken to see whether there is anything to tell at all.
 */
export function toEventStream<T>(
  first: string,
  rest: AsyncIterator<T>,
  options: EventStreamOptions<T>,
): EventStream {
  const encoder = new TextEncoder();
  const over = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const close = () => {
    clearInterval(timer);
    over.resolve();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(first));
      if (options.heartbeat === 0) return;
      const ping = encoder.encode(ssePing);
      timer = setInterval(() => {
        // A reader that does not read needs no sign of life.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(ping);
      }, options.heartbeat);
      timer.unref();
    },
    async pull(controller) {
      const next = await rest.next().catch((error: unknown) => {
        close();
        throw error;
      });
      timer?.refresh();
      if (!next.done) return controller.enqueue(encoder.encode(options.encode(next.value)));
      controller.enqueue(encoder.encode(sseDone));
      controller.close();
      close();
    },
    async cancel() {
      options.onCancel();
      try {
        await rest.return?.();
      } finally {
        close();
      }
    },
  });
  return { body, over: over.promise };
}
