/** Less than this is no window that a conversation fits into, but a server that does not know, or says what is not so. */
const leastWindow = 64;

/** A context window in tokens, as a server tells it; undefined for what is none. */
export function toWindow(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= leastWindow ? (value as number) : undefined;
}
