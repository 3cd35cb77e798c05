import type { IncomingMessage } from "node:http";

/** How patiently a request's body is waited for. */
export interface ReceivePatience {
  /** Milliseconds a request may take to arrive in full. */
  timeout: number;
  /**
   * Requests that may take longer, as long as their bytes keep coming: a file of half a gigabyte over a slow line.
   * In each `timeout` at least {@link slowest} bytes a second have to come.
   */
  mayBeLong(incoming: IncomingMessage): boolean;
}

/** Bytes a second, on average over the timeout: who sends less holds a place for nothing. */
const slowest = 1024;

/**
 * Calls `onLate` when a request does not arrive in time. Returns how to end the watch, or undefined where there is
 * no body to wait for. While bytes lie here unread it is this server that is slow, and a long request is not late.
 */
export function watchReceipt(
  incoming: IncomingMessage,
  { timeout, mayBeLong }: ReceivePatience,
  onLate: () => void,
): (() => void) | undefined {
  const { headers, socket } = incoming;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return undefined;
  const long = mayBeLong(incoming);
  const least = Math.ceil((slowest * timeout) / 1000);
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    const arrived = socket.bytesRead - before;
    before = socket.bytesRead;
    if (!incoming.complete) {
      if (long && (arrived >= least || incoming.readableLength > 0)) return;
      onLate();
    }
    clearInterval(timer);
  }, timeout);
  timer.unref();
  return () => clearInterval(timer);
}
