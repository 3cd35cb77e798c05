import { encodeEvents, type ResponseEvent, sseDone, ssePing } from "@gateway/protocol";

/** How events go out. */
export interface EventStreamOptions {
  /** Pad deltas so that their length does not show. */
  obfuscate: boolean;
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

/**
 * Makes a server-sent event stream of batches of events: one chunk a batch, pulled as the reader takes them,
 * closed by `[DONE]`. `first` is the batch already taken to see whether the response would begin at all.
 */
export function toEventStream(
  first: readonly ResponseEvent[],
  rest: AsyncIterator<ResponseEvent[]>,
  options: EventStreamOptions,
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
      controller.enqueue(encoder.encode(encodeEvents(first, options.obfuscate)));
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
      if (!next.done) return controller.enqueue(encoder.encode(encodeEvents(next.value, options.obfuscate)));
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
