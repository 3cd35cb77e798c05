/** Fetches what requests refer to by URL. Both throw an ApiError that does not name a field: the caller adds it. */
export interface WebFetcher {
  /** Which models' servers are given pictures instead of their URLs; `auto`: those that cannot fetch them. */
  readonly images: "auto" | "always" | "never";
  /** The bytes of a picture: 422 where they cannot be had or are too many. What they are is not looked at. */
  fetchImage(url: string, signal: AbortSignal): Promise<Uint8Array>;
  /** A file and its name: 422 where it cannot be had or is too large. */
  fetchFile(url: string, signal: AbortSignal): Promise<{ filename: string; content: Uint8Array }>;
}
