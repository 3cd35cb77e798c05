/** A file's content, to be read once. */
export interface ExtractionSource {
  /** As the caller named it; its ending is a hint, no more. */
  filename: string;
  bytes: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** A file from which no text can be had. The message is fit for the client. */
export class ExtractionError extends Error {
  override readonly name = "ExtractionError";
  readonly code: "unsupported_file" | "invalid_file";

  constructor(code: "unsupported_file" | "invalid_file", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Gets the text out of files, away from this process: what a hostile file does to it ends there. */
export interface TextExtractor {
  /**
   * The text of a file: text, Markdown, HTML, CSV, JSON, code, PDF, office formats.
   *
   * @throws ExtractionError `unsupported_file` for formats it does not know, `invalid_file` for files that are
   * broken, encrypted, or take more time or memory than a file may; anything else for its own failure.
   */
  extract(source: ExtractionSource, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
