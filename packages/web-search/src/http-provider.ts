import type { WebSearchOptions } from "@gateway/engine";
import { type Asking, askProvider, listAt } from "./ask-provider.ts";
import { parseJsonPath, valueAt } from "./json-path.ts";
import { type Provider, toResults } from "./provider.ts";
import { countryOf } from "./site-query.ts";

/** How a search engine is asked that is not known by name. */
export interface HttpSearchSettings {
  /**
   * Its address. What stands in braces is replaced, here and in `headers` and `body`: `{query}`, `{limit}`, `{key}`,
   * `{country}` (two letters), `{allowed_domains}` and `{blocked_domains}` (parted by commas).
   */
  url: string;
  method: "GET" | "POST";
  headers: Readonly<Record<string, string>>;
  /** JSON text; only for POST. What is put in for `{query}` fits between two quotes. */
  body?: string | undefined;
  /** Where in the answer's JSON the list of results is, and where in each of them the rest is. */
  paths: { results: string; title: string; url: string; snippet: string; published?: string | undefined };
}

/** A search engine with a JSON API of whatever form. Without a `{key}` anywhere the key is sent as a bearer token. */
export function openHttpProvider(settings: HttpSearchSettings, asking: Omit<Asking, "hint">): Provider {
  const hint = "Check tools.web_search: url, key, headers, body.";
  const { method, paths } = settings;
  const results = parseJsonPath(paths.results);
  const places = {
    title: parseJsonPath(paths.title),
    url: parseJsonPath(paths.url),
    snippet: parseJsonPath(paths.snippet),
    published: paths.published === undefined ? undefined : parseJsonPath(paths.published),
  };
  const secrets = textsIn(settings.body ?? "");
  const placesKey = JSON.stringify([settings.url, settings.headers, settings.body ?? ""]).includes("{key}");
  return {
    async search(query, options, signal) {
      const values = toValues(query, options, asking.key);
      const headers = new Headers({ accept: "application/json" });
      if (asking.key !== undefined && !placesKey)
        headers.set("authorization", toHeaderText(`Bearer ${asking.key}`));
      if (method === "POST") headers.set("content-type", "application/json");
      for (const [name, template] of Object.entries(settings.headers))
        headers.set(name, fill(template, values, toHeaderText));
      const answer = await askProvider(
        fill(settings.url, values, encodeURIComponent),
        {
          method,
          headers: Object.fromEntries(headers),
          ...(method === "POST" && { body: fill(settings.body ?? "", values, toJsonText) }),
        },
        { ...asking, hint, secrets },
        signal,
      );
      const told = listAt(answer, ...results).map((result) => ({
        title: valueAt(result, places.title),
        url: valueAt(result, places.url),
        snippet: valueAt(result, places.snippet),
        publishedAt: places.published && valueAt(result, places.published),
      }));
      return toResults(told);
    },
  };
}

/** The texts in a template of JSON that are always the same, for a key may be among them. */
function textsIn(template: string): string[] {
  const values = template.matchAll(/:\s*"((?:[^"\\]|\\.)*)"/g);
  return [...values].flatMap(([, text = ""]) => (text.includes("{") ? [] : [text]));
}

function toValues(
  query: string,
  options: WebSearchOptions,
  key: string | undefined,
): Readonly<Record<string, string>> {
  return {
    query,
    limit: String(options.limit),
    key: key ?? "",
    country: countryOf(options) ?? "",
    allowed_domains: options.allowedDomains.join(","),
    blocked_domains: options.blockedDomains.join(","),
  };
}

function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  encode: (value: string) => string,
): string {
  return template.replace(/\{([a-z_]+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encode(value);
  });
}

/** Text as it stands between the quotes of a JSON string. */
function toJsonText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function toHeaderText(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, " ");
}
