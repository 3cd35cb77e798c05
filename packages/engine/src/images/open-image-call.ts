import type { ImageFacts, ItemStatus, OutputImageGenerationCall } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";

/** How making a picture went. */
export type ImageOutcome =
  | { result: string; facts: ImageFacts }
  | { error: NonNullable<OutputImageGenerationCall["error"]>; facts: ImageFacts };

/** A picture on its way into the stream. */
export class OpenImageCall implements OpenItem {
  readonly item: OutputImageGenerationCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #outcome: () => ImageOutcome | undefined;
  #partials = 0;

  /** `outcome` gives how it went, once it is over. */
  constructor(id: string, index: number, emit: Emit, outcome: () => ImageOutcome | undefined) {
    this.item = { type: "image_generation_call", id, status: "in_progress", result: null };
    this.#index = index;
    this.#emit = emit;
    this.#outcome = outcome;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    this.#step("in_progress");
    this.item.status = "generating";
    this.#step("generating");
  }

  /** Takes an unfinished picture, in base64. */
  partial(content: string, facts: ImageFacts): void {
    const { background, output_format, quality, size } = facts;
    this.#emit({
      type: "response.image_generation_call.partial_image",
      item_id: this.item.id,
      output_index: this.#index,
      partial_image_index: this.#partials++,
      partial_image_b64: content,
      ...(background !== undefined && { background }),
      ...(output_format !== undefined && { output_format }),
      ...(quality !== undefined && { quality }),
      ...(size !== undefined && { size }),
    });
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const outcome = status === "completed" ? this.#outcome() : undefined;
    if (outcome !== undefined) Object.assign(item, outcome.facts);
    if (outcome !== undefined && "result" in outcome) {
      this.#step("completed");
      item.status = "completed";
      item.result = outcome.result;
    } else {
      // The API has no other word for one that was cut short.
      item.status = "failed";
      if (outcome !== undefined) item.error = outcome.error;
    }
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item });
  }

  #step(step: "in_progress" | "generating" | "completed"): void {
    this.#emit({
      type: `response.image_generation_call.${step}`,
      item_id: this.item.id,
      output_index: this.#index,
    });
  }
}
