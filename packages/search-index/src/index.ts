export { openSearchIndex, type SearchIndexOptions } from "./open-search-index.ts";
