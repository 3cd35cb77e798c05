import { type Asking, askProvider, listAt } from "./ask-provider.ts";
import { type Provider, toResults } from "./provider.ts";
import { withSites } from "./site-query.ts";

/**
 * A SearXNG server (its search API, https://docs.searxng.org/dev/search_api.html). Its settings must allow the format
 * `json`. It knows no number of results and no place of the user; a key goes to a proxy in front of it.
 */
export function openSearxng(url: string, asking: Omit<Asking, "hint">): Provider {
  const hint =
    "Add json to search.formats in the server's settings.yml, and let the gateway's address pass its limiter.";
  const headers = {
    accept: "application/json",
    ...(asking.key !== undefined && { authorization: `Bearer ${asking.key}` }),
  };
  return {
    async search(query, options, signal) {
      const params = new URLSearchParams({ q: withSites(query, options), format: "json" });
      const address = `${url.replace(/\/+$/, "")}/search?${params}`;
      const answer = await askProvider(address, { headers }, { ...asking, hint }, signal);
      const told = listAt(answer, "results").map(({ title, url, content, publishedDate }) => ({
        title,
        url,
        snippet: content,
        publishedAt: publishedDate,
      }));
      return toResults(told);
    },
  };
}
