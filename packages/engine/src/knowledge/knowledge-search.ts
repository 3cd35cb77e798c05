import type { RankingOptions, SearchFilter, SearchResultObject } from "@gateway/protocol";

/** A search as a caller asks for it, over stores that exist. */
export interface KnowledgeQuery {
  storeIds: readonly string[];
  queries: readonly string[];
  filter?: SearchFilter | undefined;
  /** 1 to 50. */
  limit: number;
  ranking?: RankingOptions | undefined;
}

/** Searches vector stores. */
export interface KnowledgeSearch {
  /**
   * Makes sure that the stores are there and not expired. Throws a 404 or 400 ApiError whose `param` is
   * `${param}[i]`.
   */
  check(tenant: string, storeIds: readonly string[], param: string): Promise<void>;
  /** Best first; empty stores give nothing. Stores that have gone meanwhile are passed over. */
  search(tenant: string, query: KnowledgeQuery, signal: AbortSignal): Promise<SearchResultObject[]>;
}
