/** The candidate that `word` is most likely a misspelling of; undefined when none is near. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  // Two slips in a long word, one in a short one: beyond that a guess misleads.
  const limit = word.length > 4 ? 2 : 1;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment. */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const at = (di: number, dj: number) => rows[i - di]?.[j - dj] ?? Number.POSITIVE_INFINITY;
      const replace = at(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(2, 2) + 1 : Number.POSITIVE_INFINITY;
      row[j] = i === 0 ? j : Math.min(at(1, 0) + 1, at(0, 1) + 1, replace, swap);
    }
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}
