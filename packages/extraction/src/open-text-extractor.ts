import { ExtractionError, type ExtractionSource, type TextExtractor } from "@gateway/engine";
import { type ExtractionLimits, requirePositive, toExtractionLimits } from "./extraction-limits.ts";
import { ExtractionProcess, ProcessCrashError } from "./extraction-process.ts";
import { ProcessPool } from "./process-pool.ts";

/** Settings of {@link openTextExtractor}; each limit holds for one file. */
export interface TextExtractorOptions extends Partial<ExtractionLimits> {
  /** How many files are read at the same time, each in a process of its own. Default: 1. */
  processes?: number;
  /** Milliseconds after which a process with nothing to do is ended. Default: 30,000. */
  idleMs?: number;
  /** Told when a process crashed over a file; the file is tried once more. */
  onFault?: (message: string, error: unknown) => void;
}

/**
 * Opens an extractor that reads files in processes of its own. None is started before the first file.
 *
 * A file is sent as it is read from its source, so this process holds only a chunk of it, and then its text. When a
 * process crashes over a file, the source is opened a second time, for one more try in a fresh process.
 *
 * @throws RangeError for a setting that is out of range.
 */
export function openTextExtractor(options: TextExtractorOptions = {}): TextExtractor {
  return new ProcessTextExtractor(options);
}

/** The extractor of {@link openTextExtractor}; tests also ask it for its processes. */
export class ProcessTextExtractor implements TextExtractor {
  readonly #limits: ExtractionLimits;
  readonly #pool: ProcessPool;
  readonly #onFault: (message: string, error: unknown) => void;

  constructor(options: TextExtractorOptions) {
    const { processes: size = 1, idleMs = 30_000, onFault = () => {} } = options;
    requirePositive("processes", size);
    requirePositive("idleMs", idleMs);
    const limits = toExtractionLimits(options);
    this.#limits = limits;
    this.#pool = new ProcessPool({ size, idleMs, start: () => new ExtractionProcess(limits) });
    this.#onFault = onFault;
  }

  /** The ids of the processes there are now. */
  get pids(): number[] {
    return this.#pool.pids;
  }

  /** {@inheritDoc TextExtractor.extract} */
  async extract(source: ExtractionSource, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    this.#checkSize(source.bytes);
    try {
      return await this.#tryOnce(source, signal);
    } catch (error) {
      if (!(error instanceof ProcessCrashError)) throw error;
      this.#onFault("a process crashed over a file, which is tried once more", error);
    }
    try {
      return await this.#tryOnce(source, signal);
    } catch (error) {
      if (!(error instanceof ProcessCrashError && error.reading)) throw error;
      this.#onFault("a process crashed over a file for the second time", error);
      throw new ExtractionError("invalid_file", "The file cannot be read: it makes its reader crash.", {
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #tryOnce(source: ExtractionSource, signal: AbortSignal): Promise<string> {
    return this.#pool.use(signal, (process) => process.extract(source, signal));
  }

  #checkSize(bytes: number): void {
    if (bytes === 0) throw new ExtractionError("invalid_file", "The file is empty.");
    if (bytes <= this.#limits.maxInputBytes) return;
    const mebibytes = Number((this.#limits.maxInputBytes / 2 ** 20).toFixed(2));
    throw new ExtractionError(
      "invalid_file",
      `The file has ${bytes} bytes; text is taken from files of up to ${mebibytes} MiB. Split it into smaller files.`,
    );
  }
}
