import { type Asking, askProvider, listAt } from "./ask-provider.ts";
import { type Provider, toResults } from "./provider.ts";
import { countryOf } from "./site-query.ts";

/** Where Tavily's API is. */
export const tavilyUrl = "https://api.tavily.com";

const mostResults = 20;

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** Tavily's search (https://docs.tavily.com, "Tavily Search"). */
export function openTavily(url: string, asking: Omit<Asking, "hint"> & { key: string }): Provider {
  const hint = "Check tools.web_search.key.";
  return {
    async search(query, options, signal) {
      const { allowedDomains, blockedDomains, contextSize } = options;
      const country = countryOf(options);
      // Countries are called by their English names here, in small letters.
      const countryName = country && countryNames.of(country)?.toLowerCase();
      const body = {
        query,
        max_results: Math.min(mostResults, options.limit),
        search_depth: contextSize === "high" ? "advanced" : "basic",
        include_answer: false,
        include_raw_content: false,
        ...(allowedDomains.length > 0 && { include_domains: allowedDomains }),
        ...(blockedDomains.length > 0 && { exclude_domains: blockedDomains }),
        ...(countryName && { country: countryName }),
      };
      const answer = await askProvider(
        `${url.replace(/\/+$/, "")}/search`,
        {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${asking.key}` },
          body: JSON.stringify(body),
        },
        { ...asking, hint },
        signal,
      );
      const told = listAt(answer, "results").map(({ title, url, content, published_date }) => ({
        title,
        url,
        snippet: content,
        publishedAt: published_date,
      }));
      return toResults(told);
    },
  };
}
