import type { OutputWholeCall } from "@gateway/protocol";
import type { Emit } from "../../open-item.ts";
import type { OpenCall } from "./client-tool.ts";

/** A call that is told as a whole: added, then done. Its arguments are complete, so it is never incomplete. */
export class OpenWholeCall implements OpenCall {
  readonly item: OutputWholeCall;
  readonly complete = true;
  readonly #index: number;
  readonly #emit: Emit;

  constructor(item: OutputWholeCall, index: number, emit: Emit) {
    this.item = item;
    this.#index = index;
    this.#emit = emit;
    emit({
      type: "response.output_item.added",
      output_index: index,
      item: { ...item, status: "in_progress" },
    });
  }

  arguments(): void {}

  close(): void {
    this.item.status = "completed";
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
