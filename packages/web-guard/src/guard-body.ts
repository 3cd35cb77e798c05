import { GuardError } from "./guard-error.ts";

/** Settings of {@link guardBody}. */
export interface BodyGuard {
  /** Longest body in bytes; 0 is no limit. */
  maxBytes: number;
  /** What a fault of the connection is told as. */
  toError(thrown: unknown): unknown;
}

/**
 * The same answer with a body that fails once it is longer than it may be, and whose faults are the guard's own. One
 * that says beforehand that it is too long fails at once.
 *
 * @throws GuardError with reason `too_large`.
 */
export function guardBody(answer: Response, { maxBytes, toError }: BodyGuard): Response {
  const { body } = answer;
  if (body === null) return answer;
  const limit = maxBytes === 0 ? Number.POSITIVE_INFINITY : maxBytes;
  const tooLarge = () => new GuardError("too_large", `The answer is longer than ${maxBytes} bytes.`);
  // What is compressed is longer than it says.
  if (Number(answer.headers.get("content-length") ?? 0) > limit) {
    body.cancel().catch(() => {});
    throw tooLarge();
  }
  const reader = body.getReader();
  let bytes = 0;
  const guarded = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      let read: Awaited<ReturnType<typeof reader.read>>;
      try {
        read = await reader.read();
      } catch (thrown) {
        throw toError(thrown);
      }
      if (read.done) {
        controller.close();
        return;
      }
      bytes += read.value.byteLength;
      if (bytes > limit) {
        await reader.cancel().catch(() => {});
        throw tooLarge();
      }
      controller.enqueue(read.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, statusText, headers, url } = answer;
  const same = new Response(guarded, { status, statusText, headers: [...headers] });
  Object.defineProperty(same, "url", { value: url });
  return same;
}
