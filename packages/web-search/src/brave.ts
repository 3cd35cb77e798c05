import type { WebSearchOptions } from "@gateway/engine";
import { type Asking, askProvider, listAt } from "./ask-provider.ts";
import { type Provider, toResults } from "./provider.ts";
import { countryOf, withSites } from "./site-query.ts";

/** Where Brave's API is. */
export const braveUrl = "https://api.search.brave.com/res/v1";

/** Most results of one answer, and longest query, as the API has it. */
const mostResults = 20;
const longestQuery = 400;

/** Brave's web search (https://api-dashboard.search.brave.com, "Web Search API"). */
export function openBrave(url: string, asking: Omit<Asking, "hint"> & { key: string }): Provider {
  const hint = "Check tools.web_search.key: it has to be a subscription token for web search.";
  return {
    async search(query, options, signal) {
      const country = countryOf(options);
      const params = new URLSearchParams({
        q: withSites(query, options).slice(0, longestQuery),
        count: String(Math.min(mostResults, options.limit)),
        text_decorations: "false",
        result_filter: "web",
        ...(country !== undefined && { country }),
        ...(options.contextSize === "high" && { extra_snippets: "true" }),
      });
      const headers = { accept: "application/json", "x-subscription-token": asking.key, ...placeOf(options) };
      const answer = await askProvider(
        `${url.replace(/\/+$/, "")}/web/search?${params}`,
        { headers },
        { ...asking, hint },
        signal,
      );
      const told = listAt(answer, "web", "results").map((result) => ({
        title: result.title,
        url: result.url,
        snippet: [result.description, ...textsOf(result.extra_snippets)].filter(Boolean).join(" "),
        publishedAt: result.page_age ?? result.age,
      }));
      return toResults(told);
    },
  };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === "string") : [];
}

/** Where the user is, in Brave's headers; their values are ASCII. */
function placeOf({ userLocation }: WebSearchOptions): Record<string, string> {
  const { country, region, city, timezone } = userLocation ?? {};
  const places = {
    "x-loc-country": country,
    "x-loc-state-name": region,
    "x-loc-city": city,
    "x-loc-timezone": timezone,
  };
  return Object.fromEntries(
    Object.entries(places).flatMap(([name, value]) =>
      value != null && /^[\x20-\x7e]+$/.test(value) ? [[name, value]] : [],
    ),
  );
}
