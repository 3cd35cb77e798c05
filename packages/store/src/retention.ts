/** What is kept no longer. Times are Unix seconds; what is left out is kept without a limit. */
export interface RetentionLimits {
  /** Responses that have ended and were created before this time go, with all that belongs to them. */
  responsesBefore?: number | undefined;
  /** The event logs of responses that have ended and were created before this time go; the responses stay. */
  eventsBefore?: number | undefined;
  /** Conversations that were last written to before this time go, with their items. */
  conversationsBefore?: number | undefined;
  /** Idempotency keys that were claimed before this time go, with the answers that were kept for them. */
  idempotencyKeysBefore?: number | undefined;
  /** While more bytes than this are in use, responses that have ended go, those created first before the others. */
  maxBytes?: number | undefined;
}

/** What one slice of a sweep has done. */
export interface RetentionSlice {
  /** How many of each it has removed to the end. */
  responses: number;
  eventLogs: number;
  conversations: number;
  idempotencyKeys: number;
  /** Rows that were changed or removed, which is at most 200. */
  rows: number;
  /** True when the next slice may find more that is over. */
  more: boolean;
  /** True when more than `maxBytes` are in use and no response is left that could go. */
  isTooLarge: boolean;
}

/**
 * Removes what is over. A response goes as if its client had deleted it: chains go on without that turn. One that has
 * not ended is never touched.
 */
export interface Retention {
  /**
   * Removes a slice, in one transaction of at most 200 rows. Called again while there is `more`; between two calls
   * the event loop has its turn. What is half removed, such as a long log, nobody sees any more.
   *
   * @throws ApiError `storage_error` when the store cannot be written; nothing of the slice is removed then.
   */
  sweep(limits: RetentionLimits): Promise<RetentionSlice>;
}
