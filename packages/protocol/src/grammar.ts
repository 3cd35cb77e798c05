import type { ResponseEvent, TerminalEvent } from "./events.ts";
import { type ItemChecker, type ItemEvent, openItem } from "./grammar-item.ts";
import { demand, demandEqual, demandText, GrammarError } from "./grammar-rule.ts";
import type { OutputItem } from "./items.ts";
import type { ResponseObject } from "./response.ts";

export { GrammarError, type GrammarRule } from "./grammar-rule.ts";

/**
 * Throws a {@link GrammarError} for the first event of a whole stream that breaks a rule, or when the stream
 * ends without its terminal event. The rules are those of the API reference ("Streaming events") and of the
 * official client's accumulator, and stricter where this server promises more. For tests: it compares deeply
 * and is not meant for the hot path.
 */
export function checkStream(events: Iterable<ResponseEvent>): void {
  const checker = new StreamChecker();
  for (const event of events) checker.push(event);
  checker.end();
}

/**
 * Checks a stream event by event. A stream that was cut off on purpose (its reader left) is checked by
 * leaving {@link end} out. With `restarted`, the final output need not have the items of turns that were begun again.
 */
export class StreamChecker {
  readonly #items: { checker: ItemChecker; done: OutputItem | undefined }[] = [];
  readonly #ids = new Set<string>();
  #count = 0;
  #responseId: string | undefined;
  /** What the stream still has to open with. */
  #opening: ResponseEvent["type"][] | undefined;
  readonly #restarted: boolean;
  #ended = false;

  constructor({ restarted = false } = {}) {
    this.#restarted = restarted;
  }

  /** Takes the next event. Throws a {@link GrammarError} that names it and the rule it breaks. */
  push(event: ResponseEvent): void {
    try {
      this.#check(event);
    } catch (thrown) {
      if (!(thrown instanceof GrammarError)) throw thrown;
      const detail = `event ${this.#count} (${String(event?.type)}): ${thrown.message.slice(thrown.rule.length + 2)}`;
      throw new GrammarError(thrown.rule, detail, { cause: thrown });
    }
    this.#count++;
  }

  /** Says that the stream is over. Throws unless the last event was the terminal one. */
  end(): void {
    demand(this.#ended, "last", `the stream stops after ${this.#count} events without a terminal event`);
  }

  #check(event: ResponseEvent): void {
    demand(typeof event === "object" && event !== null, "shape", "not an object");
    demandText(event.type, "type");
    demand(!this.#ended, "last", "the stream has ended already");
    demand(!("error" in event), "no-error", "the event has a top-level 'error'");
    demandEqual(event.sequence_number, this.#count, "sequence", "sequence_number");
    switch (event.type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        this.#open(event.type, event.response);
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        this.#end(event);
        break;
      case "response.output_item.added":
        this.#add(event.output_index, event.item);
        break;
      case "response.output_item.done":
        this.#finish(event.output_index, event.item);
        break;
      case "response.content_part.added":
      case "response.content_part.done":
      case "response.output_text.delta":
      case "response.output_text.done":
      case "response.output_text.annotation.added":
      case "response.refusal.delta":
      case "response.refusal.done":
      case "response.file_search_call.in_progress":
      case "response.file_search_call.searching":
      case "response.file_search_call.completed":
      case "response.web_search_call.in_progress":
      case "response.web_search_call.searching":
      case "response.web_search_call.completed":
      case "response.image_generation_call.in_progress":
      case "response.image_generation_call.generating":
      case "response.image_generation_call.partial_image":
      case "response.image_generation_call.completed":
      case "response.code_interpreter_call.in_progress":
      case "response.code_interpreter_call.interpreting":
      case "response.code_interpreter_call.completed":
      case "response.code_interpreter_call_code.delta":
      case "response.code_interpreter_call_code.done":
      case "response.mcp_list_tools.in_progress":
      case "response.mcp_list_tools.completed":
      case "response.mcp_list_tools.failed":
      case "response.mcp_call.in_progress":
      case "response.mcp_call.completed":
      case "response.mcp_call.failed":
      case "response.mcp_call_arguments.delta":
      case "response.mcp_call_arguments.done":
      case "response.reasoning_text.delta":
      case "response.reasoning_text.done":
      case "response.reasoning_summary_part.added":
      case "response.reasoning_summary_part.done":
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_summary_text.done":
      case "response.function_call_arguments.delta":
      case "response.function_call_arguments.done":
      case "response.custom_tool_call_input.delta":
      case "response.custom_tool_call_input.done":
      case "response.shell_call_command.added":
      case "response.shell_call_command.delta":
      case "response.shell_call_command.done":
      case "response.compaction.compacting":
        this.#route(event);
        break;
      default:
        demand(false, "known-type", "this server does not emit such events");
    }
  }

  #open(type: ResponseEvent["type"], response: ResponseObject): void {
    this.#checkId(response);
    // One that runs in the background is queued first, and says so.
    const queued = response.status === "queued" || type === "response.queued";
    this.#opening ??= queued
      ? ["response.created", "response.queued", "response.in_progress"]
      : ["response.created", "response.in_progress"];
    const expected = this.#opening.shift();
    demandEqual(type, expected, "opening", "the event");
    const waits = this.#opening.includes("response.queued") || type === "response.queued";
    const status = waits ? "queued" : "in_progress";
    demandEqual(response.status, status, "status", "the status of a response that begins");
    demandEqual(response.output, [], "empty-start", "the output of a response that begins");
  }

  #add(index: number, item: OutputItem): void {
    this.#demandOpened();
    demandEqual(index, this.#items.length, "fresh-index", "output_index");
    const checker = openItem(item);
    this.#claim(item.id, "id");
    if ("call_id" in item && item.call_id !== null) this.#claim(item.call_id, "call_id");
    this.#items.push({ checker, done: undefined });
  }

  #claim(id: string, field: string): void {
    demand(typeof id === "string" && id !== "", "shape", `the item has no ${field}`);
    const key = `${field} ${id}`;
    demand(!this.#ids.has(key), "unique-id", `${field} '${id}' is in use already`);
    this.#ids.add(key);
  }

  #route(event: ItemEvent): void {
    this.#demandOpened();
    const { checker } = this.#itemAt(event.output_index);
    // The API names the item of a command by its place alone.
    if ("item_id" in event) demandEqual(event.item_id, checker.added.id, "item-match", "item_id");
    checker.take(event);
  }

  #finish(index: number, item: OutputItem): void {
    this.#demandOpened();
    const place = this.#itemAt(index);
    demand(typeof item === "object" && item !== null, "shape", "the event has no item");
    const { status } = item;
    const over: readonly unknown[] = place.checker.ends ?? ["completed", "incomplete"];
    demand(over.includes(status), "status", `a done item is '${status}'`);
    const content = place.checker.content(item);
    for (const [field, value] of Object.entries(content)) {
      demandEqual((item as Record<string, unknown>)[field], value, "sum", field);
    }
    const done = { ...place.checker.added, ...content, ...(status !== undefined && { status }) };
    demandEqual(item, done, "identity", "the done item");
    place.done = structuredClone(item);
  }

  #itemAt(index: number): { checker: ItemChecker; done: OutputItem | undefined } {
    const place = this.#items[index];
    demand(place !== undefined, "item-open", `no item was added at output_index ${String(index)}`);
    demand(place.done === undefined, "item-open", `the item at output_index ${index} is done already`);
    return place;
  }

  #end({ type, response }: TerminalEvent): void {
    this.#demandOpened();
    this.#checkId(response);
    for (const [index, { done }] of this.#items.entries()) {
      demand(done !== undefined, "closed", `the item at output_index ${index} was never done`);
    }
    const done = this.#items.map((item) => item.done);
    const output = this.#restarted ? leftBehind(done, response.output) : done;
    demandEqual(response.output, output, "snapshot", "output");
    checkOutcome(type.slice("response.".length), response);
    this.#ended = true;
  }

  #demandOpened(): void {
    demand(
      this.#opening?.length === 0,
      "opening",
      "a stream opens with response.created and response.in_progress",
    );
  }

  #checkId(response: ResponseObject): void {
    demand(typeof response === "object" && response !== null, "shape", "the event has no response");
    demand(typeof response.id === "string" && response.id !== "", "shape", "the response has no id");
    this.#responseId ??= response.id;
    demandEqual(response.id, this.#responseId, "response-id", "response.id");
  }
}

/** The done items but for those that a restart has left behind: they are not in the final output, all others are. */
function leftBehind(
  done: readonly (OutputItem | undefined)[],
  output: readonly OutputItem[],
): (OutputItem | undefined)[] {
  const ids = new Set(output.map(({ id }) => id));
  return done.filter((item) => item !== undefined && ids.has(item.id));
}

/** A response that has ended says how, in every field that tells of it. */
function checkOutcome(outcome: string, response: ResponseObject): void {
  demandEqual(response.status, outcome, "status", "response.status");
  const facts = {
    error: response.error !== null,
    incomplete_details: response.incomplete_details !== null,
    completed_at: response.completed_at !== null,
    usage: response.usage !== null,
  };
  const expected = {
    error: outcome === "failed",
    incomplete_details: outcome === "incomplete",
    completed_at: outcome === "completed",
    usage: true,
  };
  demandEqual(facts, expected, "status", "which of the outcome's fields are set");
  if (outcome !== "completed") return;
  // A search that failed ends itself, not the response: the model goes on without it.
  const unfinished = response.output.find(
    ({ status }) => status !== "completed" && status !== "failed" && status !== undefined,
  );
  demand(
    unfinished === undefined,
    "status",
    `item '${unfinished?.id}' of a completed response is not completed`,
  );
}
