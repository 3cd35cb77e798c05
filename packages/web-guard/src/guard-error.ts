/**
 * Why a request was not made or not read to its end:
 * - `url`: not http or https, or with user and password
 * - `address`: the host is, or resolves to, an address that may not be called
 * - `unresolved`: the host's name is not known
 * - `unreachable`: no connection, or a broken one
 * - `redirects`: too many of them, or one without a usable place
 * - `too_large`: the answer is longer than it may be
 * - `timeout`: it takes longer than it may
 */
export type GuardReason =
  | "url"
  | "address"
  | "unresolved"
  | "unreachable"
  | "redirects"
  | "too_large"
  | "timeout";

/** A request that a guard has refused or ended. The message is fit for callers: it has no address but the one they gave. */
export class GuardError extends Error {
  readonly reason: GuardReason;

  constructor(reason: GuardReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GuardError";
    this.reason = reason;
  }
}

/** The guard's own error among the causes of what was thrown: libraries wrap what a connection throws. */
export function guardErrorIn(thrown: unknown): GuardError | undefined {
  let error: unknown = thrown;
  for (let depth = 0; depth < 8 && error instanceof Error; depth++) {
    if (error instanceof GuardError) return error;
    if (error instanceof AggregateError) {
      const inner = error.errors.map(guardErrorIn).find((found) => found !== undefined);
      if (inner !== undefined) return inner;
    }
    error = error.cause;
  }
  return undefined;
}
