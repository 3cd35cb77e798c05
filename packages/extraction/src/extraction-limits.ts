/** What one file may take. */
export interface ExtractionLimits {
  /** Milliseconds from the file's last byte to its last piece of text. Default: 60,000. */
  timeoutMs: number;
  /** Resident memory in bytes of the process that reads it, Node itself included (about 70 MB). Default: 512 MiB. */
  memoryBytes: number;
  /** The file's size in bytes. Default: 64 MiB. */
  maxInputBytes: number;
  /** The text's length in UTF-16 units. Default: 20,000,000, about the 5,000,000 tokens that a file may have. */
  maxTextChars: number;
}

const mebibyte = 2 ** 20;
/** Below this Node hardly starts. */
const minMemoryBytes = 128 * mebibyte;

/**
 * Fills in the defaults.
 *
 * @throws RangeError naming the limit that is no positive whole number, or the memory that is too little for Node.
 */
export function toExtractionLimits(options: Partial<ExtractionLimits>): ExtractionLimits {
  const limits: ExtractionLimits = {
    timeoutMs: options.timeoutMs ?? 60_000,
    memoryBytes: options.memoryBytes ?? 512 * mebibyte,
    maxInputBytes: options.maxInputBytes ?? 64 * mebibyte,
    maxTextChars: options.maxTextChars ?? 20_000_000,
  };
  for (const [name, value] of Object.entries(limits)) requirePositive(name, value);
  if (limits.memoryBytes < minMemoryBytes) {
    throw new RangeError(`memoryBytes is ${limits.memoryBytes}; a process needs at least ${minMemoryBytes}.`);
  }
  return limits;
}

/** @throws RangeError when it is no whole number above 0. */
export function requirePositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new RangeError(`${name} is ${value}; give a whole number above 0.`);
}
