import type { IndexHit, IndexQuery } from "@gateway/engine";
import type { Database } from "better-sqlite3";
import { fromStoredText } from "../storage/chunk-text.ts";
import { openTextSearch, type TextMatch } from "./by-text.ts";
import { openNearest } from "./by-vector.ts";
import { fuse } from "./fuse.ts";
import { openSelect, type Selection } from "./select.ts";

/** Chunks that are taken from the search for words, the best ones. */
const textCandidates = 128;

interface Place {
  document: number;
  ordinal: number;
}

/**
 * Prepares the search: what the query may find is selected first, then candidates by vectors and by words are
 * brought together and scored (see {@link fuse}). Of several queries, a chunk has its best score. All of
 * it is one read transaction. Equal scores are ordered by document and place in it.
 */
export function openSearch(client: Database): (query: IndexQuery) => IndexHit[] {
  const select = openSelect(client);
  const nearest = openNearest(client);
  const searchText = openTextSearch(client);
  const placeOf = client.prepare<[number, number], Place>(
    `SELECT document, ordinal + ? - first AS ordinal FROM documents JOIN spans ON spans.key = documents.key
     WHERE first = (SELECT max(first) FROM spans WHERE first <= ?)`,
  );
  const textOf = client.prepare<[number], string | Buffer>("SELECT text FROM chunks WHERE id = ?").pluck();

  const scoresFor = (
    { text, vector }: IndexQuery["queries"][number],
    { byText, byVector }: Selection,
    { weights, limit }: IndexQuery,
  ): Map<number, number> => {
    const matches = weights.text > 0 ? searchText(text, byText, limit) : new Map<number, TextMatch>();
    const best = new Set(bestMatches(matches, Math.max(textCandidates, limit)));
    const cosines =
      weights.embedding > 0 && vector !== undefined
        ? nearest.find(vector, byVector, best, limit)
        : new Map<number, number>();
    const ids = new Set([...cosines.keys(), ...best]);
    return fuse(
      [...ids].map((id) => ({ id, cosine: cosines.get(id), text: matches.get(id) })),
      weights,
    );
  };

  return client.transaction((query: IndexQuery) => {
    const selection = select(query);
    const scores = new Map<number, number>();
    for (const each of query.queries) {
      for (const [id, score] of scoresFor(each, selection, query)) {
        scores.set(id, Math.max(score, scores.get(id) ?? 0));
      }
    }
    return cutAfter([...scores], query.limit)
      .map(([id, score]) => ({ id, score, ...(placeOf.get(id, id) as Place) }))
      .sort((a, b) => b.score - a.score || a.document - b.document || a.ordinal - b.ordinal)
      .slice(0, query.limit)
      .map(({ id, score, document, ordinal }) => ({
        document,
        ordinal,
        text: fromStoredText(textOf.get(id) as string | Buffer),
        score,
      }));
  });
}

function bestMatches(matches: ReadonlyMap<number, TextMatch>, most: number): number[] {
  if (matches.size <= most) return [...matches.keys()];
  return [...matches]
    .sort((a, b) => b[1].bm25 - a[1].bm25 || a[0] - b[0])
    .slice(0, most)
    .map(([id]) => id);
}

/** The best `limit`, and all that have the same score as the last of them. */
function cutAfter(scores: [number, number][], limit: number): [number, number][] {
  scores.sort((a, b) => b[1] - a[1]);
  const last = scores[limit - 1]?.[1];
  return last === undefined ? scores : scores.filter(([, score]) => score >= last);
}
