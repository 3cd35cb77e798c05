import type { WebResult, WebSearchOptions } from "@gateway/engine";

/** A search engine. */
export interface Provider {
  /** Best first; throws a `WebError`, or the signal's reason when it is aborted. */
  search(query: string, options: WebSearchOptions, signal: AbortSignal): Promise<WebResult[]>;
}

/** A result as a search engine tells it. */
export interface ToldResult {
  title: unknown;
  url: unknown;
  snippet: unknown;
  publishedAt?: unknown;
}

/** Results in one form; what has no address is left out, what has no title is called by its address. */
export function toResults(told: readonly ToldResult[]): WebResult[] {
  return told.flatMap(({ title, url, snippet, publishedAt }) => {
    if (typeof url !== "string" || url === "") return [];
    const published = textOf(publishedAt);
    return [
      {
        url,
        title: toPlainText(textOf(title)) || url,
        snippet: toPlainText(textOf(snippet)),
        ...(published !== "" && { publishedAt: published }),
      },
    ];
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** Text without the marks that search engines put around the words that were found, and without entities. */
export function toPlainText(text: string): string {
  return text
    .replace(/<\/?(?:b|strong|em|i|mark|span|br)\b[^<>]*>/gi, "")
    .replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
      if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
    })
    .replace(/\s+/g, " ")
    .trim();
}
