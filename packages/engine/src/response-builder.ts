import {
  type ApiError,
  type CreateRequest,
  type ItemStatus,
  itemIdOf,
  itemPrefix,
  type OutputItem,
  type ResponseEvent,
  type ResponseEventBody,
  type ResponseObject,
  toResponseError,
  toVisibleItem,
  toVisibleResponse,
  type Usage,
} from "@gateway/protocol";
import { toLoggedOutput } from "./logged-output.ts";
import type { ModelDelta } from "./model-delta.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { reopenItems } from "./reopen-items.ts";
import { addToolUse, noToolUsage, type ToolUse } from "./tool-usage.ts";
import type { Offer } from "./tools/offer-tools.ts";
import type { BegunCall } from "./tools/server-tool.ts";
import { TurnItems } from "./turn-items.ts";
import { addUsage, noUsage } from "./usage.ts";

/** How a response ended. */
export type Outcome =
  | { status: "completed" }
  | { status: "incomplete"; reason: "max_output_tokens" | "content_filter" | "steered" }
  | { status: "failed"; error: ApiError }
  | { status: "cancelled" };

/**
 * Turns model deltas into the public event stream, synchronously and without I/O. It alone gives out
 * sequence numbers, output indexes and item ids, and it pairs each `added` with its `done`. The object it
 * holds is the one that is stored, sent as the body of a non-streaming answer and carried by the last event.
 *
 * Order: `start` (or `queue`, or `resume`), any number of `push`, `settle`, `end`. Anything else throws.
 */
export class ResponseBuilder {
  readonly response: ResponseObject;
  #phase: "new" | "open" | "settled" | "ended" = "new";
  #sequence = 0;
  /** Items that were added: those of {@link response}, and those that a restart has left behind. */
  #added = 0;
  #events: ResponseEvent[] = [];
  /** Items that the model writes. */
  readonly #turn: TurnItems;
  /** Items of tools that run here. */
  readonly #running = new Set<OpenItem>();
  readonly #include: CreateRequest["include"];
  readonly #seal: SealText | undefined;

  /**
   * `include` says which parts of items the events show; {@link response} has them all. `seal` gives the sealed form of
   * a thought, where thoughts are to have one.
   */
  constructor(initial: ResponseObject, include?: CreateRequest["include"], seal?: SealText) {
    this.response = initial;
    // A thought that is sealed here is one that the caller wants sealed.
    this.#include = [...(include ?? []), "reasoning.encrypted_content"];
    this.#seal = seal;
    this.#turn = new TurnItems({
      add: (type, make) => this.#add(type, make),
      running: this.#running,
      response: initial,
      seal,
    });
  }

  /** Says whose calls are told as items of their own type from now on; every other call is one of a function. */
  knows(offer: Pick<Offer, "clients" | "servers">): void {
    this.#turn.calls.offer = offer;
  }

  /** The two events that open every stream. */
  start(): ResponseEvent[] {
    this.#enter("new", "open");
    this.#announce("response.created");
    this.#announce("response.in_progress");
    return this.take();
  }

  /** The events that tell of a response that is to run in the background; others than `resume` follow elsewhere. */
  queue(): ResponseEvent[] {
    this.#enter("new", "open");
    this.response.status = "queued";
    this.#announce("response.created");
    this.#announce("response.queued");
    return this.take();
  }

  /**
   * Goes on with a response after the events that were logged of it, by a former process perhaps. Items that were open
   * there are closed as incomplete. What {@link response} does not have yet of all these is left behind, its numbers
   * stay taken; or with `keep`, for a response that is to end like this, it becomes part of it. Gives the events of
   * that, and `in_progress` where the response was queued.
   */
  resume(logged: readonly ResponseEvent[], keep = false): ResponseEvent[] {
    this.#enter("new", "open");
    this.#sequence = logged.length;
    this.#added = logged.filter(({ type }) => type === "response.output_item.added").length;
    const open = reopenItems(logged, this.#emit, this.#seal);
    for (const item of open.values()) item.close("incomplete");
    if (keep) this.response.output = toLoggedOutput(logged, open, this.response.output);
    if (this.response.status === "queued") {
      this.response.status = "in_progress";
      this.#announce("response.in_progress");
    }
    return this.take();
  }

  /** The events that one batch of deltas makes; possibly none. */
  push(deltas: readonly ModelDelta[]): ResponseEvent[] {
    if (this.#phase !== "open") throw new Error(`a response that is ${this.#phase} takes no deltas`);
    for (const delta of deltas) {
      if (delta.kind === "usage") this.#count(delta.usage, delta.serviceTier);
      else this.#turn.write(delta);
    }
    return this.take();
  }

  /**
   * Opens an item that does not come from the model, after {@link closeTurn}. Its events are given by the next
   * {@link take}, with all that it emits until then.
   */
  open<T extends OpenItem>(type: OutputItem["type"], make: (id: string, index: number, emit: Emit) => T): T {
    if (this.#phase !== "open") throw new Error(`a response that is ${this.#phase} takes no items`);
    const item = this.#add(type, make);
    this.#running.add(item);
    return item;
  }

  /**
   * The item of a call of this turn that is to be carried out here, where it was told of while the model wrote it; given
   * once. {@link close} closes it.
   */
  begun(key: number): BegunCall | undefined {
    return this.#turn.calls.takeBegun(key);
  }

  /** Closes an item of {@link open} or {@link begun}. */
  close(item: OpenItem, status: ItemStatus): void {
    if (this.#running.delete(item)) item.close(status);
  }

  /** Counts what a tool that ran here has used. */
  countToolUse(use: ToolUse): void {
    this.response.tool_usage = addToolUse(this.response.tool_usage ?? noToolUsage, use);
  }

  /**
   * The events that close what the model has left open at the end of a turn that another follows; its keys may come again
   * there.
   */
  closeTurn(): ResponseEvent[] {
    this.#turn.close("completed", false);
    return this.take();
  }

  /**
   * Ends the response: closes what is open and sets the final state of {@link response}, which is then ready
   * to be stored. `now` is Unix time in seconds. May be called again before {@link end} with a failure,
   * when storing fails.
   */
  settle(outcome: Outcome, now: number): ResponseEvent[] {
    if (this.#phase === "ended" || this.#phase === "new") throw new Error(`cannot settle: ${this.#phase}`);
    this.#phase = "settled";
    for (const item of this.#running) this.close(item, "incomplete");
    this.#turn.close(outcome.status === "completed" ? "completed" : "incomplete", true);
    const { response } = this;
    response.status = outcome.status;
    response.completed_at = outcome.status === "completed" ? now : null;
    response.incomplete_details = outcome.status === "incomplete" ? { reason: outcome.reason } : null;
    response.error = outcome.status === "failed" ? toResponseError(outcome.error) : null;
    if (outcome.status !== "cancelled") response.usage ??= noUsage;
    return this.take();
  }

  /** The terminal event, while it may still change. A cancelled response has none. */
  ending(): ResponseEvent[] {
    if (this.#phase !== "settled") throw new Error(`cannot end: ${this.#phase}`);
    const { status } = this.response;
    if (status !== "completed" && status !== "incomplete" && status !== "failed") return [];
    const response = toVisibleResponse(this.response, this.#include);
    return [{ type: `response.${status}`, response, sequence_number: this.#sequence }];
  }

  /** The terminal event, which is final. */
  end(): ResponseEvent[] {
    const events = this.ending();
    this.#enter("settled", "ended");
    return events;
  }

  /** An event with all that is known of the response so far, but for its output. */
  #announce(type: "response.created" | "response.queued" | "response.in_progress"): void {
    this.#emit({ type, response: { ...this.response, output: [] } });
  }

  #count(usage: Usage, serviceTier: string | undefined): void {
    const { response } = this;
    response.usage = response.usage === null ? usage : addUsage(response.usage, usage);
    if (serviceTier !== undefined) response.service_tier = serviceTier;
  }

  #add<T extends OpenItem>(type: OutputItem["type"], make: (id: string, index: number, emit: Emit) => T): T {
    const index = this.#added++;
    const open = make(itemIdOf(this.response.id, itemPrefix(type), index), index, this.#emit);
    this.response.output.push(open.item);
    return open;
  }

  #enter(from: "new" | "settled", to: "open" | "ended"): void {
    if (this.#phase !== from) throw new Error(`cannot go from ${this.#phase} to ${to}`);
    this.#phase = to;
  }

  readonly #emit = (body: ResponseEventBody): void => {
    // Assigned, not spread: this runs once a token.
    const event = body as ResponseEvent;
    if (event.type === "response.output_item.done") event.item = toVisibleItem(event.item, this.#include);
    event.sequence_number = this.#sequence++;
    this.#events.push(event);
  };

  /** The events since the last batch. */
  take(): ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
