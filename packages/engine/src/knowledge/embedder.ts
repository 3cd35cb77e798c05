/** Makes vectors of texts. */
export interface Embedder {
  /** Names model and server: vectors of the same fingerprint can be compared. Known without asking the server. */
  readonly model: string;
  /** How many texts it takes at once best. */
  readonly batchSize: number;
  /**
   * One vector for each text, in order, all of one length. Rejects with an ApiError when the model cannot be
   * asked or answers with something else, of code `embedding_refused` where it will not take one of the texts, so that
   * there is no use in asking again; and with the signal's reason.
   */
  embed(texts: readonly string[], kind: "document" | "query", signal: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
}
