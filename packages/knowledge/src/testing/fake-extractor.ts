import { ExtractionError, type ExtractionSource, type TextExtractor } from "@gateway/engine";

/** An extractor for tests: what is UTF-8 is text; names that end in `.bin` are not supported, in `.bad` are broken. */
export class FakeExtractor implements TextExtractor {
  trouble: Error | undefined;
  hold: Promise<unknown> | undefined;
  /** The files that were asked for, with the signals given. */
  readonly calls: { filename: string; signal: AbortSignal }[] = [];

  async extract({ filename, open }: ExtractionSource, signal: AbortSignal): Promise<string> {
    this.calls.push({ filename, signal });
    if (this.hold) await Promise.race([this.hold, aborted(signal)]);
    signal.throwIfAborted();
    if (this.trouble) throw this.trouble;
    if (filename.endsWith(".bin")) throw new ExtractionError("unsupported_file", "This format is not known.");
    if (filename.endsWith(".bad")) throw new ExtractionError("invalid_file", "The file is broken.");
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of await open()) text += decoder.decode(piece, { stream: true });
    return text + decoder.decode();
  }

  async close(): Promise<void> {}
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
