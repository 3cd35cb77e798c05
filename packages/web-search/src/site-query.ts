import type { WebSearchOptions } from "@gateway/engine";

/** Domains that are written into a query; engines pay heed to a few. */
const most = 5;

/** A query with the operators that most search engines know for domains: `site:` and `-site:`. */
export function withSites(
  query: string,
  { allowedDomains: allowed, blockedDomains: blocked }: WebSearchOptions,
): string {
  const wanted = allowed.slice(0, most).map((domain) => `site:${domain}`);
  const unwanted = blocked.slice(0, most).map((domain) => `-site:${domain}`);
  const any = wanted.length > 1 ? `(${wanted.join(" OR ")})` : wanted[0];
  return [query, ...(any === undefined ? [] : [any]), ...unwanted].join(" ");
}

/** The two letters of the user's country, in upper case; undefined where it is not told like that. */
export function countryOf({ userLocation }: WebSearchOptions): string | undefined {
  const country = userLocation?.country?.trim();
  return country && /^[a-z]{2}$/i.test(country) ? country.toUpperCase() : undefined;
}
