/** Files as requests refer to them. Every method throws an ApiError that does not name a field: the caller adds it. */
export interface RequestFiles {
  /** The name and text of a stored file: 404 where there is none, 422 where it has no text. */
  text(tenant: string, fileId: string, signal: AbortSignal): Promise<{ filename: string; text: string }>;
  /** A stored picture as a data URL: 404 where there is none, 422 where it is no picture or too large. */
  imageUrl(tenant: string, fileId: string, signal: AbortSignal): Promise<string>;
  /** A picture that came with the request as a data URL: 422 where it is none or too large. */
  imageUrlOf(content: Uint8Array): string;
  /** The text of a file that came with the request: 422 where it has none. */
  textOf(content: Uint8Array, filename: string | undefined, signal: AbortSignal): Promise<string>;
}
