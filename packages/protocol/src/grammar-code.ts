import type { OutputCodeInterpreterCall } from "./code-interpreter.ts";
import type { ItemChecker, ItemEvent } from "./grammar-item.ts";
import { demand, demandEqual, demandText } from "./grammar-rule.ts";
import type { OutputItem } from "./items.ts";

/** `added in_progress code.delta* code.done interpreting completed done`; one that failed is never completed. */
export class CodeCallChecker implements ItemChecker {
  readonly added: OutputCodeInterpreterCall;
  readonly ends = ["completed", "incomplete", "failed"];
  #step: "added" | "in_progress" | "coded" | "interpreting" | "completed" = "added";
  #code = "";

  constructor(item: OutputCodeInterpreterCall) {
    demandEqual(item.code, "", "empty-start", "the code of an added call");
    demandEqual(item.outputs, null, "empty-start", "the outputs of an added call");
    demandText(item.container_id, "container_id");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const follows = (step: string) =>
      demandEqual(this.#step, step, "part-order", `what '${event.type}' comes after`);
    switch (event.type) {
      case "response.code_interpreter_call.in_progress":
        follows("added");
        this.#step = "in_progress";
        return;
      case "response.code_interpreter_call_code.delta":
        follows("in_progress");
        demandText(event.delta, "delta");
        this.#code += event.delta;
        return;
      case "response.code_interpreter_call_code.done":
        follows("in_progress");
        demandEqual(event.code, this.#code, "sum", "code");
        this.#step = "coded";
        return;
      case "response.code_interpreter_call.interpreting":
        follows("coded");
        this.#step = "interpreting";
        return;
      case "response.code_interpreter_call.completed":
        follows("interpreting");
        this.#step = "completed";
        return;
      default:
        demand(false, "item-match", `a call of the code interpreter has no event '${event.type}'`);
    }
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "code_interpreter_call", "identity", "code that is run is done as something else");
    const completed = this.#step === "completed";
    demandEqual(done.status === "completed", completed, "status", "whether the call is completed");
    // What came of it is in no event but this one.
    const { outputs, files } = done;
    return { code: this.#code, outputs, ...(files !== undefined && { files }) };
  }
}
