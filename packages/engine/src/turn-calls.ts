import type { ItemStatus, OutputItem } from "@gateway/protocol";
import type { ModelDelta } from "./model-delta.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import type { OpenCall } from "./tools/client/client-tool.ts";
import type { Offer } from "./tools/offer-tools.ts";
import { openInTurn, turnOf } from "./tools/parallel-to.ts";
import type { BegunCall, ServerTool } from "./tools/server-tool.ts";

/** Opens an item of a type at the next place of the output. */
export type AddItem = <T extends OpenItem>(
  type: OutputItem["type"],
  make: (id: string, index: number, emit: Emit) => T,
) => T;

/**
 * The calls that the model writes in one turn, by the keys that it tells them apart by. Several may be open at once:
 * fragments of one whose arguments are still unfinished may go on after other calls, and after text.
 */
export class TurnCalls {
  /** Says whose calls are told as items of their own type; every other call is one of a function. */
  offer: Pick<Offer, "clients" | "servers"> = { clients: new Map(), servers: new Map() };
  readonly #add: AddItem;
  readonly #running: Set<OpenItem>;
  readonly #open = new Map<number, OpenCall>();
  /** Keys of calls that may have become complete since that was looked at: to look costs as much as their length. */
  readonly #grown = new Set<number>();
  /** Items of calls that are to be carried out here. */
  readonly #begun = new Map<number, BegunCall>();
  /** The turn, once a call that is carried out here is part of it: nothing else tells that calls of the caller's are, too. */
  #turn: string | undefined;

  /** `add` is given the items of calls to open; those that are to be carried out here are put into `running` too. */
  constructor(add: AddItem, running: Set<OpenItem>) {
    this.#add = add;
    this.#running = running;
  }

  /** Opens the item of a call. Throws where its key is that of a call which is open. */
  open(delta: Extract<ModelDelta, { kind: "call" }>): void {
    const { key, name } = delta;
    if (this.#open.has(key)) throw new Error(`call ${key} is open already`);
    const tool = this.offer.clients.get(name);
    const server = tool === undefined ? this.offer.servers.get(name) : undefined;
    const call =
      server?.begin !== undefined
        ? this.#begin(key, server.itemType, server.begin)
        : this.#add(
            tool?.itemType ?? "function_call",
            (id, index, emit): OpenCall =>
              openInTurn(
                this.#turn,
                emit,
                (marking) =>
                  tool?.open(id, index, marking, delta) ?? new OpenFunctionCall(id, index, marking, delta),
              ),
          );
    this.#open.set(key, call);
  }

  /** Appends to the arguments of a call. Throws where it is not open. */
  grow(key: number, text: string): void {
    const call = this.#open.get(key);
    if (call !== undefined) {
      call.arguments(text);
      this.#grown.add(key);
      return;
    }
    // Some models add a line break after the closing brace of a call that the next item has closed.
    if (text.trim() !== "") throw new Error(`arguments for call ${key}, which is not open`);
  }

  /** Closes the calls to which nothing more can be added. */
  closeFinished(): void {
    for (const key of this.#grown) {
      const call = this.#open.get(key);
      if (call?.complete) this.#close(key, call, "completed");
    }
    this.#grown.clear();
  }

  /** Closes all calls that are open, at the end of the turn; their keys may come again in the next. */
  closeAll(status: ItemStatus): void {
    for (const [key, call] of this.#open) this.#close(key, call, status);
    this.#turn = undefined;
  }

  /** The item of a call that is to be carried out here, where it was told of while the model wrote it; given once. */
  takeBegun(key: number): BegunCall | undefined {
    const call = this.#begun.get(key);
    this.#begun.delete(key);
    return call;
  }

  /** Opens the item of a call that is to be carried out here: the model ends its arguments, not the item. */
  #begin(key: number, type: OutputItem["type"], begin: NonNullable<ServerTool["begin"]>): OpenCall {
    const call = this.#add(type, begin);
    this.#running.add(call);
    this.#begun.set(key, call);
    this.#turn ??= turnOf(call.item);
    return {
      item: call.item,
      arguments: (delta) => call.arguments(delta),
      get complete() {
        return call.complete;
      },
      close: (status) => {
        if (status === "completed") call.written();
      },
    };
  }

  #close(key: number, call: OpenCall, status: ItemStatus): void {
    call.close(status);
    this.#open.delete(key);
  }
}
