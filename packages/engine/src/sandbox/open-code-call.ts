import type { ItemStatus, OutputCodeInterpreterCall } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";
import type { CodeRun } from "./code-containers.ts";

/** What is known of a run when it begins. */
export interface CodeCallFacts {
  id: string;
  index: number;
  emit: Emit;
  containerId: string;
  /** Undefined where it is told later, by {@link OpenCodeCall.wrote}. */
  code: string | undefined;
}

/** Code that is run, on its way into the stream. What it brings is in the item, for the store; see `toVisibleItem`. */
export class OpenCodeCall implements OpenItem {
  readonly item: OutputCodeInterpreterCall;
  readonly #index: number;
  readonly #emit: Emit;
  readonly #outcome: () => CodeRun | undefined;
  #coded = false;

  /** `outcome` gives what the run has brought, once it is over. */
  constructor({ id, index, emit, containerId, code }: CodeCallFacts, outcome: () => CodeRun | undefined) {
    this.item = {
      type: "code_interpreter_call",
      id,
      status: "in_progress",
      code: "",
      container_id: containerId,
      outputs: null,
    };
    this.#index = index;
    this.#emit = emit;
    this.#outcome = outcome;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item } });
    this.#step("in_progress");
    if (code !== undefined) this.wrote(code);
  }

  /** Tells the code, whole: the model's arguments are JSON, and known as code only when they are. */
  wrote(code: string): void {
    const place = { item_id: this.item.id, output_index: this.#index };
    this.item.code = code;
    this.#coded = true;
    if (code !== "") this.#emit({ type: "response.code_interpreter_call_code.delta", ...place, delta: code });
    this.#emit({ type: "response.code_interpreter_call_code.done", ...place, code });
    this.item.status = "interpreting";
    this.#step("interpreting");
  }

  close(status: ItemStatus): void {
    const { item } = this;
    const outcome = status === "completed" ? this.#outcome() : undefined;
    if (outcome?.completed === true && this.#coded) this.#step("completed");
    if (outcome !== undefined) {
      item.outputs = outcome.outputs;
      if (outcome.files.length > 0) item.files = outcome.files;
    }
    item.status = status !== "completed" ? status : outcome?.completed === true ? "completed" : "failed";
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item });
  }

  #step(step: "in_progress" | "interpreting" | "completed"): void {
    this.#emit({
      type: `response.code_interpreter_call.${step}`,
      item_id: this.item.id,
      output_index: this.#index,
    });
  }
}
