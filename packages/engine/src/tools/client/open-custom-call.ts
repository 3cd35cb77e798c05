import type { ItemStatus, OutputCustomToolCall } from "@gateway/protocol";
import type { Emit } from "../../open-item.ts";
import type { OpenCall } from "./client-tool.ts";
import { CustomInputReader } from "./custom-input-reader.ts";

/** A call of a custom tool in the making. */
export class OpenCustomCall implements OpenCall {
  readonly item: OutputCustomToolCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #reader = new CustomInputReader();

  constructor(
    id: string,
    index: number,
    emit: Emit,
    call: { callId: string; name: string; namespace?: string | undefined },
  ) {
    const { callId: call_id, name, namespace } = call;
    this.item = {
      type: "custom_tool_call",
      id,
      status: "in_progress",
      call_id,
      name,
      ...(namespace !== undefined && { namespace }),
      input: "",
    };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
  }

  arguments(delta: string): void {
    this.input(this.#reader.push(delta));
  }

  /** Appends to the text itself. */
  input(delta: string): void {
    if (delta === "") return;
    this.item.input += delta;
    this.#emit({
      type: "response.custom_tool_call_input.delta",
      item_id: this.item.id,
      output_index: this.#index,
      delta,
    });
  }

  get complete(): boolean {
    return this.#reader.complete;
  }

  close(status: ItemStatus): void {
    this.input(this.#reader.end({ cut: status === "incomplete" }));
    this.#emit({
      type: "response.custom_tool_call_input.done",
      item_id: this.item.id,
      output_index: this.#index,
      input: this.item.input,
    });
    this.item.status = status;
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
