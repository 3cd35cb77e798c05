/**
 * What a promise gives, or the signal's reason as soon as that is aborted. The work goes on for others who wait for it, and
 * a failure that nobody waits for any more is passed over.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  return Promise.race([promise, left.promise]).finally(() => signal.removeEventListener("abort", leave));
}
