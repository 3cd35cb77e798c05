/** A chunk that may be given out. */
export interface Candidate {
  id: number;
  /** How near it is to the query, where both have vectors that can be compared. */
  cosine: number | undefined;
  /** How well its words fit; undefined where it has none of the query's. */
  text: { bm25: number; share: number } | undefined;
}

/** What is added to a rank before it is inverted, so that the first few do not decide alone (Cormack and others, 2009). */
const rankOffset = 60;

/**
 * Scores candidates from 0 to 1, by reciprocal rank fusion of two rankings, by cosine and by BM25, times the
 * evidence that the chunk has anything to do with the query:
 *
 *     fused    = (61 × we / (60 + rank by cosine) + 61 × wt / (60 + rank by BM25)) / (we + wt)
 *     evidence = max(cosine, share of the query's words in the chunk, weighted by rarity)
 *     score    = fused × evidence
 *
 * `we` and `wt` are the weights, ranks begin at 1 and cosines below 0 count as 0. A chunk without any of the words
 * has 0 for its rank by BM25. A chunk whose vector cannot be compared is measured by its text alone. A ranking of
 * weight 0 is left out together with its evidence, and so is one that ranks nothing: a query without a vector, or
 * with none of its words in what is searched. Where the ranking by BM25 is left out, the score is the cosine itself.
 */
export function fuse(
  candidates: readonly Candidate[],
  weights: { embedding: number; text: number },
): Map<number, number> {
  const byCosine =
    weights.embedding > 0
      ? ranks(
          candidates.filter(({ cosine }) => cosine !== undefined),
          ({ cosine }) => cosine as number,
        )
      : new Map<number, number>();
  const byText =
    weights.text > 0
      ? ranks(
          candidates.filter(({ text }) => text !== undefined),
          ({ text }) => text?.bm25 as number,
        )
      : new Map<number, number>();

  const scores = new Map<number, number>();
  for (const { id, cosine, text } of candidates) {
    const near = byCosine.has(id) ? Math.min(1, Math.max(0, cosine ?? 0)) : 0;
    if (byText.size === 0) {
      if (byCosine.has(id)) scores.set(id, near);
      continue;
    }
    const share = byText.has(id) ? (text?.share ?? 0) : 0;
    const we = byCosine.has(id) ? weights.embedding : 0;
    const fused =
      (we * inverse(byCosine.get(id)) + weights.text * inverse(byText.get(id))) / (we + weights.text);
    if (we > 0 || byText.has(id)) scores.set(id, fused * Math.max(near, share));
  }
  return scores;
}

/** 1 for the first rank, and less for each that follows; 0 for none. */
function inverse(rank: number | undefined): number {
  return rank === undefined ? 0 : (rankOffset + 1) / (rankOffset + rank);
}

/** Ranks from 1 on, the highest value first; of equal ones, the chunk that was added first. */
function ranks(
  candidates: readonly Candidate[],
  value: (candidate: Candidate) => number,
): Map<number, number> {
  const sorted = candidates.toSorted((a, b) => value(b) - value(a) || a.id - b.id);
  return new Map(sorted.map(({ id }, index) => [id, index + 1]));
}
