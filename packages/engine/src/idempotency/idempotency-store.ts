/** What a client calls one request, however often it sends it. The same key of another tenant or path is another one. */
export interface RequestKey {
  tenant: string;
  /** The path of the endpoint, such as "/v1/responses". */
  path: string;
  /** The key as it was sent. */
  key: string;
}

/** Which response answers the requests of a key. */
export interface Claim {
  responseId: string;
  /** Tells whether another request of the same key asks for the same. */
  bodyHash: string;
  /** The answer itself, sealed, where the response is not stored. */
  answer?: string | undefined;
}

/**
 * Remembers which response answers the requests of a key. Whether it has, nobody is told here: a claim is written
 * before its response is begun, and stays as it is whatever becomes of that one.
 */
export interface IdempotencyStore {
  /**
   * Claims a key for a response, at `now` (Unix seconds), unless it is claimed: then that claim is given, and nothing is
   * written. A claim for the response `replaced` does not count; it is replaced, with the answer it may have. Resolves
   * with undefined when the new claim is durable to the store's own standard. Of several callers at once one wins.
   */
  claim(
    key: RequestKey,
    claim: Pick<Claim, "responseId" | "bodyHash">,
    now: number,
    replaced?: string,
  ): Promise<Claim | undefined>;
  /**
   * Adds the answer to the claim of a key. Nothing is written, and that is no error, when the claim is gone or for
   * another response.
   */
  complete(key: RequestKey, responseId: string, answer: string): Promise<void>;
  /** Removes all claims for a response, and the answers they have. True when there was an answer. */
  forget(tenant: string, responseId: string): Promise<boolean>;
}
