/** Limits of one call of a model server, in milliseconds. */
export interface Timeouts {
  /** Until a connection is there. */
  connect: number;
  /** From sending the request to the first byte of the answer's body: loading and reading the prompt take time. */
  firstByte: number;
  /** Silence between two pieces of the answer. */
  idle: number;
  /** The whole call, retries included. */
  total: number;
}

/** The limits that hold where the configuration names none. */
export const defaultTimeouts: Timeouts = { connect: 5_000, firstByte: 60_000, idle: 30_000, total: 300_000 };
