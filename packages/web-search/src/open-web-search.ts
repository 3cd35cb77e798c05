import type { TextExtractor, WebSearch } from "@gateway/engine";
import { openWebGuard, type WebGuardOptions } from "@gateway/web-guard";
import { braveUrl, openBrave } from "./brave.ts";
import { type HttpSearchSettings, openHttpProvider } from "./http-provider.ts";
import { readPage } from "./page-reader.ts";
import type { Provider } from "./provider.ts";
import { openSearxng } from "./searxng.ts";
import { openTavily, tavilyUrl } from "./tavily.ts";

/** Which search engine is asked, and how. `key` is shown nowhere. */
export type ProviderSettings =
  | { provider: "searxng"; url: string; key?: string | undefined }
  | { provider: "brave" | "tavily"; url?: string | undefined; key: string }
  | ({ provider: "http"; key?: string | undefined } & HttpSearchSettings);

/** Settings of {@link openWebSearch}. Times in milliseconds. */
export interface WebSearchSettings {
  engine: ProviderSettings;
  /** Time until a search engine's whole answer must be there. */
  timeout: number;
  /** For pages; the search engine's own address is the operator's, and may be anywhere. */
  pages: {
    /** Time until a whole page must be there. */
    timeout: number;
    /** Longest page, in bytes. */
    maxBytes: number;
    guard: Pick<WebGuardOptions, "allowPrivate" | "allows" | "resolve">;
  };
  /** Gets the text out of pages. */
  extractor: Pick<TextExtractor, "extract">;
}

/** A search engine and a reader of pages, with connections of their own. */
export interface OpenedWebSearch extends WebSearch {
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Longest answer of a search engine, in bytes. */
const longestAnswer = 4 * 2 ** 20;

/** Opens a search engine and what reads the pages that it finds. Nothing is sent before the first search. */
export function openWebSearch({ engine, timeout, pages, extractor }: WebSearchSettings): OpenedWebSearch {
  const engineGuard = openWebGuard({ allowPrivate: true, maxBytes: longestAnswer, headersTimeout: timeout });
  const pageGuard = openWebGuard({
    ...pages.guard,
    maxBytes: pages.maxBytes,
    headersTimeout: pages.timeout,
    bodyTimeout: pages.timeout,
  });
  const provider = openProvider(engine, {
    name: engine.provider,
    guard: engineGuard,
    timeout,
    key: engine.key,
  });
  return {
    search: (query, options, signal) => provider.search(query, options, signal),
    open: (url, signal) => readPage(url, { guard: pageGuard, timeout: pages.timeout, extractor }, signal),
    async close() {
      await Promise.all([engineGuard.close(), pageGuard.close()]);
    },
  };
}

function openProvider(engine: ProviderSettings, asking: Parameters<typeof openSearxng>[1]): Provider {
  switch (engine.provider) {
    case "searxng":
      return openSearxng(engine.url, asking);
    case "brave":
      return openBrave(engine.url ?? braveUrl, { ...asking, key: engine.key });
    case "tavily":
      return openTavily(engine.url ?? tavilyUrl, { ...asking, key: engine.key });
    case "http":
      return openHttpProvider(engine, asking);
  }
}
