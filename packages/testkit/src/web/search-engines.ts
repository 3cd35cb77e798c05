import type { ServerResponse } from "node:http";
import { sendJson, startWebServer, type WebRequestSeen, type WebServer } from "./web-server.ts";

/** A page that a search engine knows. */
export interface KnownPage {
  title: string;
  url: string;
  text: string;
  /** ISO 8601. */
  published?: string;
}

/** A search engine on loopback, in the form of a real one. */
export interface SearchEngine extends WebServer {
  /** What every query finds. */
  pages: KnownPage[];
  /** Answers with this status, and nothing that is of use, while it is set. */
  fails: number | undefined;
  /** Answers wait for this. */
  gate: Promise<void>;
  /** The queries that were put, as the engine was sent them. */
  readonly queries: string[];
}

/** The key that the engines which demand one are content with. */
export const searchKey = "engine-key-1";

type Kind = {
  queryOf(request: WebRequestSeen): string;
  answer(request: WebRequestSeen, pages: readonly KnownPage[], response: ServerResponse): void;
};

const kinds = {
  /** SearXNG's search API: `GET /search?format=json`; 403 for formats that its settings do not allow. */
  searxng: {
    queryOf: ({ url }) => url.searchParams.get("q") ?? "",
    answer({ url }, pages, response) {
      const params = url.searchParams;
      if (url.pathname !== "/search" || !params.has("q")) sendJson(response, {}, 404);
      else if (params.get("format") !== "json")
        response.writeHead(200, { "content-type": "text/html" }).end("<html><title>SearXNG</title></html>");
      else
        sendJson(response, {
          query: params.get("q"),
          number_of_results: 0,
          results: pages.map(({ title, url, text, published }, index) => ({
            url,
            title,
            content: text,
            publishedDate: published ?? null,
            engine: "duckduckgo",
            engines: ["duckduckgo"],
            positions: [index + 1],
            score: 1 / (index + 1),
            category: "general",
            template: "default.html",
          })),
          answers: [],
          corrections: [],
          infoboxes: [],
          suggestions: [],
          unresponsive_engines: [],
        });
    },
  },
  /** Brave's web search: `GET /web/search` with a subscription token, at most 20 results. */
  brave: {
    queryOf: ({ url }) => url.searchParams.get("q") ?? "",
    answer({ url, headers }, pages, response) {
      const count = Number(url.searchParams.get("count") ?? 20);
      const error = (status: number, code: string) =>
        sendJson(response, { error: { code, status, detail: "…", id: "1" }, type: "ErrorResponse" }, status);
      if (headers["x-subscription-token"] !== searchKey) error(422, "SUBSCRIPTION_TOKEN_INVALID");
      else if (url.pathname !== "/web/search") error(404, "NOT_FOUND");
      else if (count > 20 || (url.searchParams.get("q") ?? "").length > 400) error(422, "VALIDATION");
      else
        sendJson(response, {
          type: "search",
          query: { original: url.searchParams.get("q"), more_results_available: false },
          web: {
            type: "search",
            results: pages.slice(0, count).map(({ title, url, text, published }) => ({
              type: "search_result",
              title,
              url,
              description: text,
              ...(published !== undefined && { page_age: published, age: "2 days ago" }),
              language: "en",
              family_friendly: true,
              meta_url: { scheme: "https", hostname: new URL(url).hostname },
            })),
          },
        });
    },
  },
  /** Tavily's search: `POST /search` with a bearer token. */
  tavily: {
    queryOf: ({ body }) => String((JSON.parse(body) as { query?: unknown }).query),
    answer({ method, url, headers, body }, pages, response) {
      const { query, max_results: limit = 5 } = JSON.parse(body) as { query: string; max_results?: number };
      if (headers.authorization !== `Bearer ${searchKey}`)
        sendJson(response, { detail: { error: "Unauthorized: missing or invalid API key." } }, 401);
      else if (method !== "POST" || url.pathname !== "/search")
        sendJson(response, { detail: "Not Found" }, 404);
      else
        sendJson(response, {
          query,
          follow_up_questions: null,
          answer: null,
          images: [],
          results: pages.slice(0, limit).map(({ title, url, text, published }, index) => ({
            title,
            url,
            content: text,
            score: 0.9 - index / 100,
            raw_content: null,
            ...(published !== undefined && { published_date: published }),
          })),
          response_time: 0.1,
          request_id: "1",
        });
    },
  },
} satisfies Record<string, Kind>;

/** Starts a search engine that answers as SearXNG, Brave or Tavily is documented to. */
export async function startSearchEngine(kind: keyof typeof kinds): Promise<SearchEngine> {
  const { queryOf, answer } = kinds[kind];
  const queries: string[] = [];
  const server = await startWebServer(async (request, response) => {
    queries.push(queryOf(request));
    await engine.gate;
    if (engine.fails !== undefined) sendJson(response, { error: "no" }, engine.fails);
    else answer(request, engine.pages, response);
  });
  const engine: SearchEngine = Object.assign(server, {
    pages: [] as KnownPage[],
    fails: undefined,
    gate: Promise.resolve(),
    queries,
  });
  return engine;
}
