/** Counts how often a marker occurs in a body that comes in chunks cut anywhere. */
export interface EventCounter {
  /** Takes the next chunk; gives how many occurrences ended in it. */
  feed(chunk: Buffer): number;
}

/**
 * Opens a counter for one body. It searches bytes and parses nothing, so that the load generator costs little
 * beside what it measures. The marker must be ASCII and must not overlap itself.
 */
export function openEventCounter(marker: string): EventCounter {
  const bytes = Buffer.from(marker, "latin1");
  const keep = bytes.length - 1;
  let tail: Buffer = Buffer.alloc(0);
  return {
    feed(chunk) {
      // An occurrence that began in an earlier chunk lies within `keep` bytes on either side of the border.
      let found = tail.length > 0 ? occurrences(Buffer.concat([tail, chunk.subarray(0, keep)]), bytes) : 0;
      found += occurrences(chunk, bytes);
      tail =
        chunk.length >= keep
          ? chunk.subarray(chunk.length - keep)
          : Buffer.concat([tail, chunk]).subarray(-keep);
      return found;
    },
  };
}

function occurrences(text: Buffer, marker: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(marker); at !== -1; at = text.indexOf(marker, at + marker.length)) count += 1;
  return count;
}
