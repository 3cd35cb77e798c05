/** Deltas are padded up to the next multiple of this many bytes, escapes and multi-byte characters counted. */
const bucket = 16;

/**
 * Always the same: what hides a token is the length of the padding, not its letters, and a stream that is read again,
 * perhaps years later, has to be the same byte for byte.
 */
const padding = "0123456789abcdef";

/** The characters that fill a delta up, whose JSON without its last brace has so many bytes. */
export function paddingFor(bytes: number): string {
  return padding.slice(0, bucket - (bytes % bucket));
}
