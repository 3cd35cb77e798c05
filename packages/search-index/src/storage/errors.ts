/** Trouble with the index; the message says what to do. It never goes to a client. */
export class SearchIndexError extends Error {
  override readonly name = "SearchIndexError";
  /** SQLite's or the operating system's code, where there is one. */
  readonly code: string | undefined;

  constructor(message: string, options: { cause?: unknown; code?: string | undefined } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
  }
}

/** The `code` of something thrown, or an empty string. */
export function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}

/** Whether SQLite says that a file is damaged, or is no database (SQLite, "Result and Error Codes"). */
export function saysDamaged(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB");
}
