/** A byte stream that is passed on, and the moment it is over. */
export interface TrackedBody {
  body: ReadableStream<Uint8Array>;
  /** Settles after the last byte, a failure, or when the reader has left. */
  over: Promise<void>;
}

/**
 * Passes a byte stream on at the pace of its reader.
 *
 * @param onBytes is told what was passed on
 * @param onFailure is told when the source fails, which cuts the answer: its status is sent already
 */
export function trackBody(
  source: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
  onFailure: (error: unknown) => void,
): TrackedBody {
  const reader = source.getReader();
  const over = Promise.withResolvers<void>();
  let left = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          // What was being read when the reader left has nowhere to go.
          if (left) return;
          if (!done) {
            onBytes(value.byteLength);
            controller.enqueue(value);
            return;
          }
          controller.close();
          over.resolve();
        } catch (error) {
          onFailure(error);
          over.resolve();
          throw error;
        }
      },
      async cancel(reason) {
        left = true;
        try {
          await reader.cancel(reason);
        } finally {
          over.resolve();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { body, over: over.promise };
}
