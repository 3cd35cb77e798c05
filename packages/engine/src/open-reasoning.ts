import type { ItemStatus, OutputReasoning } from "@gateway/protocol";
import type { Emit, OpenItem } from "./open-item.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";

/**
 * A reasoning item in the making. Open-weight models give their raw thoughts, which become `content`;
 * a caller that asked for a summary gets the same text as one summary part, since there is no other. A caller that
 * keeps its context itself gets the text sealed as well, once it is whole.
 */
export class OpenReasoning implements OpenItem {
  readonly item: OutputReasoning;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #summarize: boolean;
  readonly #seal: SealText | undefined;
  readonly #part = { type: "reasoning_text" as const, text: "" };

  constructor(id: string, index: number, emit: Emit, summarize: boolean, seal?: SealText) {
    this.item = { type: "reasoning", id, status: "in_progress", summary: [], content: [] };
    this.#index = index;
    this.#emit = emit;
    this.#summarize = summarize;
    this.#seal = seal;
    emit({
      type: "response.output_item.added",
      output_index: index,
      item: { ...this.item, summary: [], content: [] },
    });
    this.item.content.push(this.#part);
    emit({ type: "response.content_part.added", ...this.#place(), part: { ...this.#part } });
  }

  /** Appends to the thought. */
  text(delta: string): void {
    this.#part.text += delta;
    this.#emit({ type: "response.reasoning_text.delta", ...this.#place(), delta });
  }

  close(status: ItemStatus): void {
    this.#emit({ type: "response.reasoning_text.done", ...this.#place(), text: this.#part.text });
    this.#emit({ type: "response.content_part.done", ...this.#place(), part: this.#part });
    if (this.#summarize) this.#emitSummary();
    this.item.status = status;
    if (this.#seal !== undefined) this.item.encrypted_content = this.#seal(this.#part.text);
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }

  #emitSummary(): void {
    const { text } = this.#part;
    const place = { item_id: this.item.id, output_index: this.#index, summary_index: 0 };
    const part = { type: "summary_text" as const, text };
    this.#emit({ type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" } });
    this.#emit({ type: "response.reasoning_summary_text.delta", ...place, delta: text });
    this.#emit({ type: "response.reasoning_summary_text.done", ...place, text });
    this.#emit({ type: "response.reasoning_summary_part.done", ...place, part });
    this.item.summary.push(part);
  }

  #place() {
    return { item_id: this.item.id, output_index: this.#index, content_index: 0 };
  }
}
