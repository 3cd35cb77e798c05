import type {
  Embedder,
  IndexHit,
  IndexQuery,
  KnowledgeQuery,
  KnowledgeSearch,
  SearchIndex,
  StoreFileName,
  VectorStores,
} from "@gateway/engine";
import type { SearchResultObject } from "@gateway/protocol";
import { noSuchStore, storeExpired } from "../refusals.ts";
import { StoreTouches } from "./store-touches.ts";
import { type RankingWeights, toWeights } from "./to-weights.ts";

/** What {@link openSearch} works with. */
export interface SearchDeps {
  vectorStores: VectorStores;
  index: SearchIndex;
  embedder: Embedder;
  /** Unix time in milliseconds. */
  now(): number;
  onFault(message: string, cause?: unknown): void;
}

/**
 * Searches stores. When the embedder fails, results are ranked by text alone, unless the caller has asked for vectors
 * only: then its error is thrown.
 */
export function openSearch(deps: SearchDeps): KnowledgeSearch {
  const { vectorStores, index, embedder } = deps;
  const touches = new StoreTouches(deps);
  const seconds = (): number => Math.floor(deps.now() / 1000);

  /** The vectors of the queries and the shares they are ranked by; without vectors text has the whole of it. */
  async function embed(
    queries: readonly string[],
    weights: RankingWeights,
    signal: AbortSignal,
  ): Promise<{ vectors: readonly Float32Array[]; weights: RankingWeights }> {
    if (weights.embedding === 0) return { vectors: [], weights };
    try {
      return { vectors: await embedder.embed(queries, "query", signal), weights };
    } catch (error) {
      signal.throwIfAborted();
      if (weights.text === 0) throw error;
      deps.onFault("a query could not be embedded; it is searched for by its text alone", error);
      return { vectors: [], weights: { embedding: 0, text: 1 } };
    }
  }

  /** Hits whose files are there. Those of files taken out meanwhile make room for others. */
  async function find(
    query: IndexQuery,
    signal: AbortSignal,
  ): Promise<{ hit: IndexHit; file: StoreFileName }[]> {
    for (let limit = query.limit, round = 1; ; round++) {
      const hits = await index.search({ ...query, limit }, signal);
      const names = await vectorStores.names([...new Set(hits.map((hit) => hit.document))]);
      const found = hits.flatMap((hit) => {
        const file = names.get(hit.document);
        return file ? [{ hit, file }] : [];
      });
      if (found.length >= query.limit || hits.length < limit || round === maxRounds) {
        return found.slice(0, query.limit);
      }
      limit += 2 * (limit - found.length);
    }
  }

  return {
    async check(tenant, storeIds, param) {
      const numbers = await vectorStores.numbers(tenant, storeIds, seconds());
      for (const [place, id] of storeIds.entries()) {
        const store = numbers.get(id);
        if (!store) throw noSuchStore(id, `${param}[${place}]`);
        if (store.expired) throw storeExpired(id, `${param}[${place}]`);
      }
    },

    async search(tenant, query, signal) {
      const numbers = await vectorStores.numbers(tenant, query.storeIds, seconds());
      const live = [...numbers].filter(([, { expired }]) => !expired);
      if (live.length === 0) return [];
      const [{ vectors, weights }] = await Promise.all([
        embed(query.queries, toWeights(query.ranking), signal),
        touches.touch(
          tenant,
          live.map(([id]) => id),
        ),
      ]);
      const found = await find(
        {
          stores: live.map(([, { store }]) => store),
          queries: query.queries.map((text, place) => ({ text, vector: vectors[place] })),
          model: embedder.model,
          filter: query.filter,
          limit: query.limit,
          weights,
        },
        signal,
      );
      signal.throwIfAborted();
      return toResults(found, query);
    },
  };
}

/** How often more hits are asked for in place of those whose files have gone. */
const maxRounds = 4;

function toResults(
  found: readonly { hit: IndexHit; file: StoreFileName }[],
  { ranking }: KnowledgeQuery,
): SearchResultObject[] {
  const threshold = ranking?.score_threshold ?? 0;
  return found
    .filter(({ hit }) => hit.score >= threshold)
    .map(({ hit, file }) => ({
      file_id: file.fileId,
      filename: file.filename,
      score: hit.score,
      attributes: file.attributes,
      content: [{ type: "text", text: hit.text }],
    }));
}
