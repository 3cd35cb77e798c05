/**
 * What is stored for a text: the text, or its UTF-16 units where it has half a surrogate pair, which a cut in the
 * middle of a character leaves and UTF-8 cannot express.
 */
export function toStoredText(text: string): string | Buffer {
  return text.isWellFormed() ? text : Buffer.from(text, "utf16le");
}

/** The opposite of {@link toStoredText}. */
export function fromStoredText(stored: string | Buffer): string {
  return typeof stored === "string" ? stored : stored.toString("utf16le");
}

/**
 * Puts a text together from its chunks, in ascending order of `start`. What chunks have in common is taken once, so
 * that chunks which cover the text give it back unit for unit. Where a part is in no chunk it is left out, without
 * anything in its place.
 */
export function joinChunks(chunks: Iterable<{ start: number; text: string }>): string {
  const parts: string[] = [];
  let end = 0;
  for (const { start, text } of chunks) {
    if (start + text.length <= end) continue;
    parts.push(start < end ? text.slice(end - start) : text);
    end = start + text.length;
  }
  return parts.join("");
}
