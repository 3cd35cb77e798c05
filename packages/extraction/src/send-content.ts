import type { Writable } from "node:stream";
import type { ExtractionSource } from "@gateway/engine";

/**
 * Writes a source's content to a stream, chunk by chunk, each one only when the one before has left this process.
 * When `signal` is aborted it gives up, even if the source or the stream hangs, and lets the source go.
 *
 * @throws the signal's reason, the source's error, or an Error when the source has more or fewer bytes than it said.
 * An error of the stream is not thrown: whoever owns it sees it, and then aborts.
 */
export async function sendContent(
  source: ExtractionSource,
  target: Writable,
  signal: AbortSignal,
): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  let sent = 0;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let opening: Promise<AsyncIterable<Uint8Array>> | undefined;
  try {
    signal.throwIfAborted();
    opening = source.open();
    chunks = (await Promise.race([opening, aborted.promise]))[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await Promise.race([chunks.next(), aborted.promise]);
      if (done === true) break;
      sent += value.length;
      if (sent > source.bytes) throw wrongLength(source, `at least ${sent}`);
      if (value.length > 0) await Promise.race([write(target, value), aborted.promise]);
    }
    if (sent < source.bytes) throw wrongLength(source, String(sent));
  } catch (error) {
    // Not awaited: a source that hangs would hang here too.
    void letGo(opening, chunks);
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Settles when the chunk has been written; never when the stream fails. */
function write(target: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    target.write(chunk, (error) => {
      if (!error) resolve();
    });
  });
}

async function letGo(
  opening: Promise<AsyncIterable<Uint8Array>> | undefined,
  chunks: AsyncIterator<Uint8Array> | undefined,
): Promise<void> {
  try {
    await (chunks ?? (await opening)?.[Symbol.asyncIterator]())?.return?.();
  } catch {
    // Why it failed is thrown already, or nobody waits for it any more.
  }
}

function wrongLength({ bytes }: ExtractionSource, found: string): Error {
  return new Error(`The stored file was said to have ${bytes} bytes and has ${found}.`);
}
