import type { OutputCompaction } from "@gateway/protocol";
import type { Emit, OpenItem } from "./open-item.ts";

/** A compaction on its way into the stream. */
export class OpenCompaction implements OpenItem {
  readonly item: OutputCompaction;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #sealed: () => string;

  /** `sealed` gives the content once the compaction is over; an empty text where it was cut short. */
  constructor(id: string, index: number, emit: Emit, sealed: () => string) {
    this.item = { type: "compaction", id, encrypted_content: "" };
    this.#index = index;
    this.#emit = emit;
    this.#sealed = sealed;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    emit({ type: "response.compaction.compacting", item_id: id, output_index: index });
  }

  close(): void {
    this.item.encrypted_content = this.#sealed();
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
