/**
 * Encrypts text that is kept, such as the headers of connectors, or handed to callers who bring it back, such as a
 * model's thoughts. Nobody else can read it or make it.
 */
export interface Sealer {
  /** Encrypts. `context` says what the text belongs to; it is needed to open it and is not in the result. */
  seal(text: string, context: string): string;
  /** Decrypts what `seal` gave for the same context. */
  open(sealed: string, context: string): Opened;
}

/** The text, or why there is none: sealed under a key this server does not have, or changed, or of another context. */
export type Opened = { text: string } | { fault: "another_key" | "damaged" };
