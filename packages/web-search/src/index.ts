export type { HttpSearchSettings } from "./http-provider.ts";
export { openWebFetcher, type WebFetcherOptions } from "./open-web-fetcher.ts";
export { type OpenedWebSearch, openWebSearch, type WebSearchSettings } from "./open-web-search.ts";
