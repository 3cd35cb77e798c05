/** The two codes of an `ExtractionError`. */
export type RefusalCode = "unsupported_file" | "invalid_file";

/**
 * Says inside the extraction process that a file gives no text, and why. The message is fit for the client; the
 * gateway's side makes an `ExtractionError` of it.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The refusal of a file of a kind nobody reads here; `seen` says what it looks like, as a sentence. */
export function unsupported(seen = "The file's kind was not recognised."): Refusal {
  const supported =
    "plain text, Markdown, HTML, CSV, JSON and source code (UTF-8, UTF-16 with a byte order mark, Windows-1252), " +
    "PDF, DOCX, PPTX, XLSX, ODT, ODP and ODS";
  return new Refusal("unsupported_file", `${seen} Supported are: ${supported}.`);
}

/** The refusal of a file that begins as `kind` but cannot be read to its end. */
export function broken(kind: string, cause?: unknown): Refusal {
  return new Refusal("invalid_file", `The file is broken: it cannot be read as ${kind}.`, { cause });
}

/** The refusal of a file that is locked with a password. */
export function encrypted(): Refusal {
  return new Refusal("invalid_file", "The file is encrypted. Upload it without password protection.");
}
