import type { ItemChecker, ItemEvent } from "./grammar-item.ts";
import { demand, demandEqual, demandText } from "./grammar-rule.ts";
import type { OutputHostedCall, OutputImageGenerationCall, OutputWebSearchCall } from "./hosted-calls.ts";
import type { OutputItem } from "./items.ts";

/** Begins to follow an item that tells of the web or of a picture. */
export function openHostedItem(item: OutputHostedCall): ItemChecker {
  return item.type === "web_search_call" ? new WebSearchChecker(item) : new ImageChecker(item);
}

/** `added in_progress searching completed done`; cut short it has fewer of them, and another status. */
class WebSearchChecker implements ItemChecker {
  readonly added: OutputWebSearchCall;
  readonly ends = ["completed", "incomplete", "failed"];
  readonly #steps = ["in_progress", "searching", "completed"];

  constructor(item: OutputWebSearchCall) {
    demand(!("results" in item), "empty-start", "an added step in the web has results");
    demand(!("sources" in item.action), "empty-start", "an added search has sources");
    if (item.action.type === "search")
      for (const query of item.action.queries) demandText(query, "queries[]");
    else demandText(item.action.url, "url");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const prefix = "response.web_search_call.";
    demand(event.type.startsWith(prefix), "item-match", `a step in the web has no event '${event.type}'`);
    demandEqual(event.type.slice(prefix.length), this.#steps.shift(), "part-order", "the step of a search");
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "web_search_call", "identity", "a step in the web is done as something else");
    demandEqual(done.status === "completed", this.#steps.length === 0, "status", "whether it is completed");
    const { results, error, action } = done;
    const { sources, ...rest } = action as typeof action & { sources?: unknown };
    demandEqual(rest, this.added.action, "identity", "the action but for its sources");
    // What was found is in no event but this one.
    return {
      action: sources === undefined ? rest : { ...rest, sources },
      ...(results !== undefined && { results }),
      ...(error !== undefined && { error }),
    } as Partial<OutputItem>;
  }
}

/** `added in_progress generating partial_image* completed done`; one that failed is never completed. */
class ImageChecker implements ItemChecker {
  readonly added: OutputImageGenerationCall;
  readonly ends = ["completed", "failed"];
  #step: "added" | "in_progress" | "generating" | "completed" = "added";
  #partials = 0;

  constructor(item: OutputImageGenerationCall) {
    demandEqual(item.result, null, "empty-start", "the result of an added picture");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    const follows = (step: string) =>
      demandEqual(this.#step, step, "part-order", `what '${event.type}' comes after`);
    switch (event.type) {
      case "response.image_generation_call.in_progress":
        follows("added");
        this.#step = "in_progress";
        return;
      case "response.image_generation_call.generating":
        follows("in_progress");
        this.#step = "generating";
        return;
      case "response.image_generation_call.partial_image":
        follows("generating");
        demandEqual(event.partial_image_index, this.#partials++, "part-order", "partial_image_index");
        demandText(event.partial_image_b64, "partial_image_b64");
        return;
      case "response.image_generation_call.completed":
        follows("generating");
        this.#step = "completed";
        return;
      default:
        demand(false, "item-match", `a picture has no event '${event.type}'`);
    }
  }

  content(done: OutputItem): Partial<OutputItem> {
    demand(done.type === "image_generation_call", "identity", "a picture is done as something else");
    const completed = this.#step === "completed";
    demandEqual(done.status, completed ? "completed" : "failed", "status", "the status of a picture");
    demandEqual(typeof done.result === "string", completed, "status", "whether there is a picture");
    // How it was made is known when it is.
    const { type: _type, id: _id, status: _status, ...facts } = done;
    return facts;
  }
}
