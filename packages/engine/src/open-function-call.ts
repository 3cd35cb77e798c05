import type { ItemStatus, OutputFunctionCall } from "@gateway/protocol";
import { isJson } from "./is-json.ts";
import type { Emit, OpenItem } from "./open-item.ts";

/** A function call in the making. Several may be open at once: their fragments name them by key. */
export class OpenFunctionCall implements OpenItem {
  readonly item: OutputFunctionCall;
  readonly #index: number;
  readonly #emit: Emit;

  constructor(
    id: string,
    index: number,
    emit: Emit,
    call: { callId: string; name: string; namespace?: string | undefined },
  ) {
    const { callId: call_id, name, namespace } = call;
    this.item = {
      type: "function_call",
      id,
      status: "in_progress",
      call_id,
      name,
      ...(namespace !== undefined && { namespace }),
      arguments: "",
    };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
  }

  /** Appends to the arguments. */
  arguments(delta: string): void {
    this.item.arguments += delta;
    this.#emit({
      type: "response.function_call_arguments.delta",
      item_id: this.item.id,
      output_index: this.#index,
      delta,
    });
  }

  /** True once the arguments are JSON: nothing more can follow. */
  get complete(): boolean {
    return isJson(this.item.arguments);
  }

  close(status: ItemStatus): void {
    // A call of a function without parameters: some models write nothing at all.
    if (this.item.arguments === "" && status === "completed") this.arguments("{}");
    this.#emit({
      type: "response.function_call_arguments.done",
      item_id: this.item.id,
      output_index: this.#index,
      name: this.item.name,
      arguments: this.item.arguments,
    });
    this.item.status = status;
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
