/** What the embedder tells its child process. */
export type ToChild =
  | { type: "embed"; id: number; texts: readonly string[]; urgent: boolean }
  | { type: "cancel"; id: number };

/** What the child process tells the embedder. */
export type FromChild =
  /** It works on this call now; comes before every step, so that silence means that it hangs. */
  | { type: "working"; id: number }
  | { type: "vector"; id: number; index: number; vector: Float32Array }
  /** The model cannot be loaded or failed on this call. Without an id nothing will ever work. */
  | { type: "failed"; id?: number; message: string };
