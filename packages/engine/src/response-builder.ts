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
import type { ModelDelta } from "./model-delta.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { reopenItems } from "./reopen-items.ts";
import { addToolUse, noToolUsage, type ToolUse } from "./tool-usage.ts";
import type { OpenCall } from "./tools/client/client-tool.ts";
import type { Offer } from "./tools/offer-tools.ts";
import type { BegunCall, ServerTool } from "./tools/server-tool.ts";
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
 * Order: `start` (or `queue`, or `resume` and `progress`), any number of `push`, `settle`, `end`. Anything else throws.
 */
export class ResponseBuilder {
  readonly response: ResponseObject;
  #phase: "new" | "open" | "settled" | "ended" = "new";
  #sequence = 0;
  /** Items that were added: those of {@link response}, and those that a restart has left behind. */
  #added = 0;
  #events: ResponseEvent[] = [];
  #current: OpenMessage | OpenReasoning | undefined;
  readonly #calls = new Map<number, OpenCall>();
  /** Keys of calls that may have become complete since that was looked at: to look costs as much as their length. */
  readonly #grown = new Set<number>();
  /** Items of calls that are to be carried out here, by the keys of this turn. */
  readonly #begun = new Map<number, BegunCall>();
  #offer: Pick<Offer, "clients" | "servers"> = { clients: new Map(), servers: new Map() };
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
  }

  /** Says whose calls are told as items of their own type from now on; every other call is one of a function. */
  knows(offer: Pick<Offer, "clients" | "servers">): void {
    this.#offer = offer;
  }

  /** The two events that open every stream. */
  start(): ResponseEvent[] {
    this.#enter("new", "open");
    this.#emit({ type: "response.created", response: { ...this.response, output: [] } });
    this.#emit({ type: "response.in_progress", response: { ...this.response, output: [] } });
    return this.take();
  }

  /** The events that tell of a response that is to run in the background; others than `resume` follow elsewhere. */
  queue(): ResponseEvent[] {
    this.#enter("new", "open");
    this.response.status = "queued";
    this.#emit({ type: "response.created", response: { ...this.response, output: [] } });
    this.#emit({ type: "response.queued", response: { ...this.response, output: [] } });
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
    if (keep) this.#keepLogged(logged, open);
    if (this.response.status === "queued") {
      this.response.status = "in_progress";
      this.#emit({ type: "response.in_progress", response: { ...this.response, output: [] } });
    }
    return this.take();
  }

  /** The events that one batch of deltas makes; possibly none. */
  push(deltas: readonly ModelDelta[]): ResponseEvent[] {
    if (this.#phase !== "open") throw new Error(`a response that is ${this.#phase} takes no deltas`);
    for (const delta of deltas) this.#apply(delta);
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
    const call = this.#begun.get(key);
    this.#begun.delete(key);
    return call;
  }

  /** Closes an item of {@link open} or {@link begun}. */
  close(item: OpenItem, status: ItemStatus): void {
    if (this.#running.delete(item)) item.close(status);
  }

  /** Counts what a tool that ran here has used. */
  countToolUse(use: ToolUse): void {
    this.response.tool_usage = addToolUse(this.response.tool_usage ?? noToolUsage, use);
  }

  /** The events that close what the model has left open at the end of a turn; its keys may come again in the next. */
  closeTurn(): ResponseEvent[] {
    this.#closeCurrent("completed");
    for (const [key, call] of this.#calls) this.#closeCall(key, call, "completed");
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
    this.#closeAll(outcome.status === "completed" ? "completed" : "incomplete");
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

  /** Makes the output what the log has of it; items that the response has already are more than the log tells. */
  #keepLogged(logged: readonly ResponseEvent[], open: ReadonlyMap<number, OpenItem>): void {
    const { response } = this;
    const known = new Map(response.output.map((item) => [item.id, item]));
    const items = new Map([...open].map(([index, { item }]) => [index, item]));
    for (const event of logged) {
      if (event.type !== "response.output_item.done") continue;
      items.set(event.output_index, known.get(event.item.id) ?? event.item);
    }
    response.output = [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }

  #apply(delta: ModelDelta): void {
    switch (delta.kind) {
      case "text":
        this.#message().text(delta.text, delta.logprobs ?? []);
        break;
      case "reasoning":
        this.#reasoning().text(delta.text);
        break;
      case "arguments":
        this.#continueCall(delta.key, delta.text);
        break;
      case "call":
        this.#openCall(delta);
        break;
      case "refusal":
        this.#message().refusal(delta.text);
        break;
      case "annotation":
        this.#message().annotate(delta.annotation, delta.covers);
        break;
      case "usage":
        this.#count(delta.usage, delta.serviceTier);
        break;
      case "finish":
        break;
    }
  }

  #message(): OpenMessage {
    if (this.#current instanceof OpenMessage) return this.#current;
    this.#closeFinished();
    const message = this.#add("message", (id, index, emit) => new OpenMessage(id, index, emit));
    this.#current = message;
    return message;
  }

  #reasoning(): OpenReasoning {
    if (this.#current instanceof OpenReasoning) return this.#current;
    this.#closeFinished();
    const summarize = this.response.reasoning.summary != null;
    const reasoning = this.#add(
      "reasoning",
      (id, index, emit) => new OpenReasoning(id, index, emit, summarize, this.#seal),
    );
    this.#current = reasoning;
    return reasoning;
  }

  #openCall(delta: Extract<ModelDelta, { kind: "call" }>): void {
    if (this.#calls.has(delta.key)) throw new Error(`call ${delta.key} is open already`);
    this.#closeFinished();
    const tool = this.#offer.clients.get(delta.name);
    const server = tool === undefined ? this.#offer.servers.get(delta.name) : undefined;
    if (server?.begin !== undefined) {
      this.#beginCall(delta.key, server.itemType, server.begin);
      return;
    }
    const call = this.#add(
      tool?.itemType ?? "function_call",
      (id, index, emit): OpenCall =>
        tool?.open(id, index, emit, delta) ?? new OpenFunctionCall(id, index, emit, delta),
    );
    this.#calls.set(delta.key, call);
  }

  /** Opens the item of a call that is to be carried out here: the model ends its arguments, not the item. */
  #beginCall(key: number, type: OutputItem["type"], begin: NonNullable<ServerTool["begin"]>): void {
    const call = this.open(type, begin);
    this.#begun.set(key, call);
    this.#calls.set(key, {
      item: call.item,
      arguments: (delta) => call.arguments(delta),
      get complete() {
        return call.complete;
      },
      close: (status) => {
        if (status === "completed") call.written();
      },
    });
  }

  #continueCall(key: number, text: string): void {
    const call = this.#calls.get(key);
    if (call !== undefined) {
      call.arguments(text);
      this.#grown.add(key);
      return;
    }
    // Some models add a line break after the closing brace of a call that the next item has closed.
    if (text.trim() !== "") throw new Error(`arguments for call ${key}, which is not open`);
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

  /**
   * Closes what is over when the next item begins. Items normally come one after the other, but a call whose
   * arguments are still unfinished stays open: its fragments may go on after other calls, and after text.
   */
  #closeFinished(): void {
    this.#closeCurrent("completed");
    for (const key of this.#grown) {
      const call = this.#calls.get(key);
      if (call?.complete) this.#closeCall(key, call, "completed");
    }
    this.#grown.clear();
  }

  #closeAll(status: ItemStatus): void {
    for (const item of this.#running) this.close(item, "incomplete");
    this.#closeCurrent(status);
    for (const [key, call] of this.#calls) this.#closeCall(key, call, status);
  }

  #closeCurrent(status: ItemStatus): void {
    this.#current?.close(status);
    this.#current = undefined;
  }

  #closeCall(key: number, call: OpenCall, status: ItemStatus): void {
    call.close(status);
    this.#calls.delete(key);
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
