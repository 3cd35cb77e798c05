import type { TextExtractor, WebFetcher, WebSearch } from "@gateway/engine";
import { openWebFetcher, openWebSearch, type WebSearchSettings } from "@gateway/web-search";
import type { Config } from "./config/config.ts";

/** What reaches into the web for requests. */
export interface OpenedWeb {
  /** Left out where no search engine is configured. */
  search: WebSearch | undefined;
  fetcher: WebFetcher;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Opens the search engine, if one is configured, and what fetches by URL. Nothing is sent before it is needed. */
export function openConfiguredWeb(
  { tools }: Pick<Config, "tools">,
  extractor: Pick<TextExtractor, "extract">,
): OpenedWeb {
  const { images, max_bytes: maxBytes, timeout } = tools.fetch;
  const guard = { allowPrivate: tools.allow_private_networks };
  const fetcher = openWebFetcher({ images, maxBytes, timeout, guard });
  const { web_search: engine } = tools;
  const search =
    engine &&
    openWebSearch({
      engine: toEngine(engine),
      timeout: engine.timeout,
      pages: { timeout, maxBytes, guard },
      extractor,
    });
  return {
    search,
    fetcher,
    async close() {
      await Promise.all([fetcher.close(), search?.close()]);
    },
  };
}

/** The check of the configuration lets none pass that has not what its provider needs. */
function toEngine({
  provider,
  url = "",
  key = "",
  ...http
}: NonNullable<Config["tools"]["web_search"]>): WebSearchSettings["engine"] {
  const given = key === "" ? undefined : key;
  switch (provider) {
    case "searxng":
      return { provider, url, key: given };
    case "brave":
    case "tavily":
      return { provider, key, url: url === "" ? undefined : url };
    case "http": {
      const { body, headers = {}, method = body === undefined ? "GET" : "POST" } = http;
      const paths = http.paths ?? { results: "results", title: "title", url: "url", snippet: "snippet" };
      return { provider, url, key: given, method, headers, body, paths };
    }
  }
}
