import type { Database } from "better-sqlite3";
import { toQueryTerms } from "../storage/words.ts";
import { contains, hull, type Range, type StoreSelection } from "./selection.ts";

/** How well a chunk's text fits a query. */
export interface TextMatch {
  /** BM25, above 0. */
  bm25: number;
  /** Share of the query's words that the chunk has, each weighted by its rarity: 0 to 1. */
  share: number;
}

/** The different words of a query that are looked at, its first ones. */
const mostTerms = 32;

/** Places in the word index that are read for a query, some milliseconds of work; commoner words are left out. */
const mostPlaces = 4000;

/** A word is counted up to here: at this point it is one of the common ones. */
const mostCounted = 3000;

/** Above so many chunks in the whole index it is not counted how often a chunk has the word: that reads them all. */
const mostForCounting = 20_000;

/** Places that are read at most for a word that is commoner than {@link mostPlaces} and needed all the same. */
const mostPlacesOfCommonWord = 10_000;

/** The same where most of the places may be of documents that are not selected. */
const mostPlacesToPickFrom = 100_000;

/** So many ranges are read one by one where a word is common; where there are more, the whole store is read. */
const mostRanges = 64;

/** Integers, said so: FTS5 takes no notice of a bound that is a float, which is how numbers come from JavaScript. */
const inRange = "rowid BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER)";

interface Term {
  term: string;
  /** Chunks of the searched stores that have it, counted up to {@link mostCounted}. */
  places: number;
}

/**
 * Prepares the search for words. They are read from the rarest on. Those that so many chunks have that reading them
 * would take long are left out, from the ranking and from the shares, unless the rarer ones have given fewer than
 * `wanted` chunks.
 *
 * BM25 is that of FTS5 (SQLite, "The bm25() function", k1 = 1.2, b = 0.75) with the rarity of words within what is
 * searched; the length that is middling is that of all chunks of the index. Gives nothing for a query without words.
 */
export function openTextSearch(
  client: Database,
): (query: string, selected: readonly StoreSelection[], wanted: number) => Map<number, TextMatch> {
  const count = client
    .prepare<[string, number, number, number], number>(
      `SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? AND ${inRange} LIMIT ?)`,
    )
    .pluck();
  const countAll = client
    .prepare<[string, number], number>(
      "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)",
    )
    .pluck();
  const allChunks = client.prepare<[], number | null>("SELECT sum(chunks) FROM stores").pluck();
  const plain = client
    .prepare<[string, number, number, number], number>(
      `SELECT rowid FROM words WHERE words MATCH ? AND ${inRange} LIMIT ?`,
    )
    .pluck();
  const weighed = client
    .prepare<[string, number, number], [number, number]>(
      `SELECT rowid, bm25(words) FROM words WHERE words MATCH ? AND ${inRange}`,
    )
    .raw();

  const countPlaces = (term: string, hulls: readonly Range[]): number => {
    let places = 0;
    for (const { first, last } of hulls) {
      places += count.get(term, first, last, mostCounted - places) as number;
      if (places >= mostCounted) break;
    }
    return places;
  };

  /** What BM25 makes of how often chunks have a word: 1 for once in a chunk of middling length. */
  const readRare = (term: string, hulls: readonly Range[], most: number): [number, number][] => {
    const everywhere = countAll.get(term, mostForCounting + 1) as number;
    if (everywhere > mostForCounting) return readPlain(term, hulls, most);
    // FTS5 multiplies by the rarity in the whole index, which is taken out again here.
    const all = allChunks.get() ?? 0;
    const rarity = Math.log((all - everywhere + 0.5) / (everywhere + 0.5));
    const factor = rarity > 0 ? -rarity : -1e-6;
    const rows = hulls.flatMap(({ first, last }) => weighed.all(term, first, last));
    for (const row of rows) row[1] /= factor;
    return rows;
  };

  const readPlain = (term: string, ranges: readonly Range[], most: number): [number, number][] => {
    const rows: [number, number][] = [];
    for (const { first, last } of ranges) {
      for (const id of plain.all(term, first, last, most - rows.length)) rows.push([id, 1]);
    }
    return rows;
  };

  const read = ({ term, places }: Term, rare: boolean, hulls: readonly Range[], ranges: readonly Range[]) => {
    if (places === 0) return [];
    const whole = ranges.length === hulls.length;
    const most = whole ? mostPlacesOfCommonWord : mostPlacesToPickFrom;
    if (!rare && ranges.length <= mostRanges) return readPlain(term, ranges, mostPlacesOfCommonWord);
    const rows = rare ? readRare(term, hulls, most) : readPlain(term, hulls, most);
    return whole ? rows : rows.filter(([id]) => contains(ranges, id));
  };

  return (query, selected, wanted) => {
    const matches = new Map<number, TextMatch>();
    const hulls = selected.map(hull);
    const ranges = selected.flatMap((store) => store.ranges);
    const chunks = selected.reduce((sum, store) => sum + store.chunks, 0);
    if (chunks === 0) return matches;

    const terms: Term[] = toQueryTerms(query)
      .slice(0, mostTerms)
      .map((term) => ({ term, places: countPlaces(term, hulls) }))
      .sort((a, b) => a.places - b.places);
    let places = 0;
    let total = 0;
    for (const term of terms) {
      places += term.places;
      const rare = term.places < mostCounted && places <= mostPlaces;
      if (!rare && matches.size >= wanted) break;
      // A word that is alone is worth more work: how often chunks have it is all that tells them apart.
      const found = read(term, rare || matches.size === 0, hulls, ranges);
      const weight = rarityOf(found.length, chunks);
      total += weight;
      for (const [id, factor] of found) {
        const match = matches.get(id);
        if (match === undefined) {
          matches.set(id, { bm25: weight * factor, share: weight });
        } else {
          match.bm25 += weight * factor;
          match.share += weight;
        }
      }
    }
    // Sums of the same numbers in another order may be a little more.
    for (const match of matches.values()) match.share = Math.min(1, match.share / total);
    return matches;
  };
}

/** The inverse document frequency of BM25, in the form that is never negative. */
function rarityOf(found: number, chunks: number): number {
  return Math.log(1 + (Math.max(0, chunks - found) + 0.5) / (found + 0.5));
}
