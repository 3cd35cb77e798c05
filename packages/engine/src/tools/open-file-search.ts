import type { FileSearchResult, ItemStatus, OutputFileSearchCall } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";

/** A search on its way into the stream. What it found is in the item, for the store; see `toVisibleItem`. */
export class OpenFileSearch implements OpenItem {
  readonly item: OutputFileSearchCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #outcome: () => FileSearchResult[] | undefined;

  /** `outcome` gives the results once the search is over, undefined where it failed. */
  constructor(
    id: string,
    index: number,
    emit: Emit,
    queries: readonly string[],
    outcome: () => FileSearchResult[] | undefined,
  ) {
    this.item = { type: "file_search_call", id, status: "in_progress", queries: [], results: null };
    this.#index = index;
    this.#emit = emit;
    this.#outcome = outcome;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    this.#step("in_progress");
    this.item.queries = [...queries];
    this.item.status = "searching";
    this.#step("searching");
  }

  close(status: ItemStatus): void {
    const results = status === "completed" ? this.#outcome() : undefined;
    if (results !== undefined) this.#step("completed");
    this.item.results = results ?? null;
    this.item.status = status === "completed" && results === undefined ? "failed" : status;
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }

  #step(step: "in_progress" | "searching" | "completed"): void {
    this.#emit({
      type: `response.file_search_call.${step}`,
      item_id: this.item.id,
      output_index: this.#index,
    });
  }
}
