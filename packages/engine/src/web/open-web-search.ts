import type { ItemStatus, OutputWebSearchCall, WebSearchAction, WebSearchResult } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";

/** How a step in the web went. */
export type WebOutcome = { results: WebSearchResult[] } | { error: string };

/** A step in the web on its way into the stream. What it gave is in the item, for the store; see `toVisibleItem`. */
export class OpenWebSearch implements OpenItem {
  readonly item: OutputWebSearchCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #outcome: () => WebOutcome | undefined;

  /** `outcome` gives how it went, once it is over. */
  constructor(
    id: string,
    index: number,
    emit: Emit,
    action: WebSearchAction,
    outcome: () => WebOutcome | undefined,
  ) {
    this.item = { type: "web_search_call", id, status: "in_progress", action: withoutSources(action) };
    this.#index = index;
    this.#emit = emit;
    this.#outcome = outcome;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    this.#step("in_progress");
    this.item.status = "searching";
    this.#step("searching");
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const outcome = status === "completed" ? this.#outcome() : undefined;
    if (outcome === undefined) item.status = status === "completed" ? "failed" : status;
    else if ("error" in outcome)
      Object.assign(item, { status: "failed", results: null, error: outcome.error });
    else {
      this.#step("completed");
      Object.assign(item, { status: "completed", results: outcome.results, error: null });
      if (item.action.type === "search")
        item.action = { ...item.action, sources: toSources(outcome.results) };
    }
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item });
  }

  #step(step: "in_progress" | "searching" | "completed"): void {
    this.#emit({
      type: `response.web_search_call.${step}`,
      item_id: this.item.id,
      output_index: this.#index,
    });
  }
}

function withoutSources(action: WebSearchAction): WebSearchAction {
  if (action.type !== "search") return action;
  const { sources: _sources, ...rest } = action;
  return rest;
}

function toSources(results: readonly WebSearchResult[]): { type: "url"; url: string }[] {
  return [...new Set(results.map(({ url }) => url))].map((url) => ({ type: "url", url }));
}
