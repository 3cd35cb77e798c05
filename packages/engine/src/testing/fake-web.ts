import type { ImageMaker, ImageOrder, MadeImage } from "../images/image-maker.ts";
import {
  WebError,
  type WebPage,
  type WebResult,
  type WebSearch,
  type WebSearchOptions,
} from "../web/web-search.ts";

/** A web of a few pages, in memory. */
export class FakeWeb implements WebSearch {
  /** What each query finds, or how it fails; `*` is for all others. */
  readonly finds = new Map<string, WebResult[] | Error>();
  /** Pages by address. */
  readonly pages = new Map<string, WebPage>();
  /** The queries that were put. */
  readonly asked: { query: string; options: WebSearchOptions }[] = [];
  /** The pages that were opened. */
  readonly opened: string[] = [];
  /** Everything waits for this. */
  gate: Promise<void> = Promise.resolve();

  async search(query: string, options: WebSearchOptions, signal: AbortSignal): Promise<WebResult[]> {
    this.asked.push({ query, options });
    await this.#wait(signal);
    const found = this.finds.get(query) ?? this.finds.get("*") ?? [];
    if (found instanceof Error) throw found;
    return found;
  }

  async open(url: string, signal: AbortSignal): Promise<WebPage> {
    this.opened.push(url);
    await this.#wait(signal);
    const page = this.pages.get(url);
    if (page === undefined) throw new WebError("not_found", "'there' answered with status 404.");
    return page;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    await Promise.race([this.gate, left.promise]);
  }
}

/** Makes pictures of nothing. */
export class FakeImages implements ImageMaker {
  readonly orders: ImageOrder[] = [];
  /** What every picture is, or how it fails. */
  makes: MadeImage | Error = { content: "cGljdHVyZQ==" };
  /** Unfinished pictures that come first. */
  partials: string[] = [];
  /** Pictures wait for this. */
  gate: Promise<void> = Promise.resolve();

  async make(
    order: ImageOrder,
    onPartial: (content: string) => void,
    signal: AbortSignal,
  ): Promise<MadeImage> {
    this.orders.push(order);
    for (const partial of this.partials) onPartial(partial);
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    await Promise.race([this.gate, left.promise]);
    if (this.makes instanceof Error) throw this.makes;
    return this.makes;
  }
}
