import type { FunctionTool, WebSearchAction, WebSearchResult, WebSearchTool } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { readQueries } from "../tools/read-arguments.ts";
import type { ServerCall, ServerTool } from "../tools/server-tool.ts";
import { admits } from "./domains.ts";
import { findInText } from "./find-in-text.ts";
import { OpenWebSearch, type WebOutcome } from "./open-web-search.ts";
import { readFind, readUrl } from "./read-web-arguments.ts";
import { findFunction, openFunction, searchFunction } from "./web-functions.ts";
import { toWebRule, type WebRule } from "./web-rule.ts";
import { WebError, type WebPage, type WebResult, type WebSearch } from "./web-search.ts";

/** What a model can do in the web, and what the function for it is called unless that is taken. */
export const webActions = {
  search: "web_search",
  open_page: "open_page",
  find_in_page: "find_in_page",
} as const;
type Action = keyof typeof webActions;

/** Queries of a call, and characters of each: search engines take no more. */
const queryLimits = { most: 4, chars: 400 };

/** What the tool is opened with. */
export interface WebOpening {
  /** The names that the model is to know the functions by. */
  names: Readonly<Record<Action, string>>;
  scope: Pick<RequestScope, "onFault">;
  web: WebSearch;
}

/**
 * Opens the `web_search` tool of a request, in any of its spellings: a function to search, and where the web may be
 * looked at beyond the search engine, one to open pages and one to find something in them.
 */
export function openWebSearchTool(declared: WebSearchTool, { names, scope, web }: WebOpening): ServerTool[] {
  const rule = toWebRule(declared);
  const pages = new PageReader(web, rule);
  const toTool = (action: Action, definition: FunctionTool, call: ServerTool["call"]): ServerTool => ({
    type: declared.type,
    itemType: "web_search_call",
    action,
    definition,
    call,
  });
  const search = toTool("search", searchFunction(names.search), (args, signal) => {
    const queries = readQueries(args, queryLimits);
    const action = { type: "search" as const, query: queries[0] ?? "", queries };
    return toCall(action, () => searchAll(queries, rule, { web, scope }, signal), scope, signal);
  });
  if (!rule.live) return [search];
  return [
    search,
    toTool("open_page", openFunction(names.open_page), (args, signal) => {
      const url = readUrl(args);
      const read = async () => {
        const page = await pages.read(url, signal);
        return [toResult(page, page.text.slice(0, rule.portion.pageChars).toWellFormed())];
      };
      return toCall({ type: "open_page", url }, read, scope, signal);
    }),
    toTool("find_in_page", findFunction(names.find_in_page), (args, signal) => {
      const { url, pattern } = readFind(args);
      const find = async () => {
        const page = await pages.read(url, signal);
        const passages = findInText(page.text, pattern);
        return passages.length === 0 ? [] : [toResult(page, passages.join("\n\n"))];
      };
      return toCall({ type: "find_in_page", url, pattern }, find, scope, signal);
    }),
  ];
}

function toCall(
  action: WebSearchAction,
  run: () => Promise<WebSearchResult[]>,
  scope: WebOpening["scope"],
  signal: AbortSignal,
): ServerCall {
  let outcome: WebOutcome | undefined;
  const work = run().then(
    (results) => {
      outcome = { results };
    },
    (thrown: unknown) => {
      signal.throwIfAborted();
      // The model is told, and may answer without: a page that is not there need not end the response.
      outcome = { error: thrown instanceof WebError ? thrown.message : "It failed." };
      scope.onFault(faultOf[action.type], thrown);
    },
  );
  return {
    work,
    use: { searches: action.type === "search" ? action.queries.length : 0 },
    open: (id, index, emit) => new OpenWebSearch(id, index, emit, action, () => outcome),
  };
}

const faultOf = {
  search: "a web search failed",
  open_page: "opening a web page failed",
  find_in_page: "finding something in a web page failed",
} as const;

/**
 * Puts all queries at once. One that fails is told, and made up for by the others. Throws what the first has failed by where
 * all do.
 */
async function searchAll(
  queries: readonly string[],
  { domains, portion, contextSize, userLocation }: WebRule,
  { web, scope }: Pick<WebOpening, "web" | "scope">,
  signal: AbortSignal,
): Promise<WebSearchResult[]> {
  const options = {
    limit: portion.results,
    allowedDomains: domains.allowed,
    blockedDomains: domains.blocked,
    userLocation,
    contextSize,
  };
  const settled = await Promise.allSettled(queries.map((query) => web.search(query, options, signal)));
  const found = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  signal.throwIfAborted();
  const failures = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const failure of found.length === 0 ? failures.slice(1) : failures)
    scope.onFault(faultOf.search, failure);
  if (found.length === 0) throw failures[0];
  const ranked = merge(found).filter(({ url }) => admits(domains, url));
  return ranked.slice(0, portion.results).map(({ url, title, snippet, publishedAt }) => ({
    url,
    title,
    text: snippet.slice(0, portion.snippetChars).toWellFormed(),
    published_at: publishedAt ?? null,
  }));
}

/** Best of each first, every page once. Addresses that are none are left out. */
function merge(lists: readonly (readonly WebResult[])[]): WebResult[] {
  const merged = new Map<string, WebResult>();
  const longest = Math.max(...lists.map(({ length }) => length));
  for (let rank = 0; rank < longest; rank++) {
    for (const list of lists) {
      const result = list[rank];
      const url = result && URL.parse(result.url);
      if (!url || !/^https?:$/.test(url.protocol) || merged.has(url.href)) continue;
      merged.set(url.href, { ...result, url: url.href });
    }
  }
  return [...merged.values()];
}

function toResult({ url, title }: WebPage, text: string): WebSearchResult {
  return { url, title, text, published_at: null };
}

/** Reads pages, each once for a request. */
class PageReader {
  readonly #web: WebSearch;
  readonly #rule: WebRule;
  readonly #pages = new Map<string, Promise<WebPage>>();

  constructor(web: WebSearch, rule: WebRule) {
    this.#web = web;
    this.#rule = rule;
  }

  async read(url: string, signal: AbortSignal): Promise<WebPage> {
    this.#check(url);
    let reading = this.#pages.get(url);
    if (reading === undefined) {
      reading = this.#web.open(url, signal);
      this.#pages.set(url, reading);
      // What failed may work when it is tried again.
      reading.catch(() => this.#pages.delete(url));
    }
    const page = await reading;
    // It may have redirected.
    this.#check(page.url);
    return page;
  }

  #check(url: string): void {
    if (admits(this.#rule.domains, url)) return;
    throw new WebError(
      "refused",
      `Pages of '${URL.parse(url)?.hostname ?? url}' are not to be opened: the request limits the search to other domains.`,
    );
  }
}
