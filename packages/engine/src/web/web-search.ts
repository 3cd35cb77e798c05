import type { UserLocation } from "@gateway/protocol";

/** How much of the web the model is to be shown. */
export type ContextSize = "low" | "medium" | "high";

/** What a search is to heed. */
export interface WebSearchOptions {
  /** Most results that are of use. */
  limit: number;
  /** Domains that results must be of, subdomains included; empty: any. A hint: results are held to it again. */
  allowedDomains: readonly string[];
  /** Domains that results must not be of, subdomains included. A hint, as above. */
  blockedDomains: readonly string[];
  /** Where the user is, roughly. */
  userLocation?: UserLocation | undefined;
  contextSize: ContextSize;
}

/** A page that a search engine has found. */
export interface WebResult {
  title: string;
  url: string;
  /** What the engine shows of it, as plain text. */
  snippet: string;
  /** When it was published, as the engine says it. */
  publishedAt?: string | undefined;
}

/** A page that was read. */
export interface WebPage {
  /** Where it was in the end, after redirects. */
  url: string;
  title: string;
  text: string;
}

/**
 * Why something in the web could not be had:
 * - `misconfigured`: the search engine wants another key or setting; for the operator
 * - `limited`: the search engine wants to be asked less often
 * - `unavailable`: it cannot be reached, is too slow, fails, or says what cannot be read
 * - `refused`: the page may not be opened
 * - `not_found`: there is no such page, or it is not shown
 * - `unreadable`: there is a page, but no text in it
 */
export type WebErrorReason =
  | "misconfigured"
  | "limited"
  | "unavailable"
  | "refused"
  | "not_found"
  | "unreadable";

/** Something in the web could not be had. The message is fit for models and callers; the cause is for the log. */
export class WebError extends Error {
  override readonly name = "WebError";
  readonly reason: WebErrorReason;

  constructor(reason: WebErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Searches the web and reads pages. Both throw a {@link WebError}, or the signal's reason when it is aborted. */
export interface WebSearch {
  /** Puts one query to the search engine. Best first; possibly more than `limit`, possibly of other domains. */
  search(query: string, options: WebSearchOptions, signal: AbortSignal): Promise<WebResult[]>;
  /** Reads a page, http or https. */
  open(url: string, signal: AbortSignal): Promise<WebPage>;
}
