/** Tells a client that left early from one that has its answer. */
export interface ClientWatch {
  /** Fires when the client leaves before `answered` was called, and never after. */
  readonly signal: AbortSignal;
  /** To be called just before the last message is handed over. */
  answered(): void;
}

/**
 * Watches the signal of a stream. A transport's signal fires for every stream, because Envoy resets a stream that
 * was answered at once; only what comes before the last message means that the client is gone.
 */
export function watchClient(stream: AbortSignal): ClientWatch {
  const client = new AbortController();
  const leave = () =>
    client.abort(new DOMException("The client left before its answer was complete.", "AbortError"));
  if (stream.aborted) leave();
  else stream.addEventListener("abort", leave, { once: true });
  return {
    signal: client.signal,
    answered: () => stream.removeEventListener("abort", leave),
  };
}
