import type { ItemStatus, ResponseObject } from "@gateway/protocol";
import type { ModelDelta } from "./model-delta.ts";
import type { OpenItem } from "./open-item.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { type AddItem, TurnCalls } from "./turn-calls.ts";

/** What the items of a turn are opened with. */
export interface TurnItemsOpening {
  /** Gives an item its place in the output. */
  add: AddItem;
  /** Where items of calls that are to be carried out here are put as well. */
  running: Set<OpenItem>;
  /** Its settings of reasoning say whether thoughts have a summary. */
  response: Pick<ResponseObject, "reasoning">;
  /** Gives the sealed form of a thought, where thoughts are to have one. */
  seal: SealText | undefined;
}

/**
 * The items that the model writes: each of its deltas goes to the one it belongs to, which is opened where there is none.
 * Items come one after the other, but a call whose arguments are still unfinished stays open: see {@link TurnCalls}.
 */
export class TurnItems {
  readonly calls: TurnCalls;
  /** The last item, where it is no call: the only one of these that is open. */
  #current: OpenMessage | OpenReasoning | undefined;
  readonly #add: AddItem;
  readonly #response: TurnItemsOpening["response"];
  readonly #seal: SealText | undefined;

  constructor({ add, running, response, seal }: TurnItemsOpening) {
    this.#add = add;
    this.calls = new TurnCalls(this.#next, running);
    this.#response = response;
    this.#seal = seal;
  }

  /** Takes a delta in order. Throws where it is of a call that is not open, or opens one that is. */
  write(delta: Exclude<ModelDelta, { kind: "usage" }>): void {
    switch (delta.kind) {
      case "text":
        this.#message().text(delta.text, delta.logprobs ?? []);
        break;
      case "reasoning":
        this.#reasoning().text(delta.text);
        break;
      case "arguments":
        this.calls.grow(delta.key, delta.text);
        break;
      case "call":
        this.calls.open(delta);
        break;
      case "refusal":
        this.#message().refusal(delta.text);
        break;
      case "annotation":
        this.#message().annotate(delta.annotation, delta.covers);
        break;
      case "finish":
        break;
    }
  }

  /** Closes what is open at the end of the turn; keys of calls may come again in the next. */
  close(status: ItemStatus): void {
    this.#closeCurrent(status);
    this.calls.closeAll(status);
  }

  #message(): OpenMessage {
    if (this.#current instanceof OpenMessage) return this.#current;
    const message = this.#next("message", (id, index, emit) => new OpenMessage(id, index, emit));
    this.#current = message;
    return message;
  }

  #reasoning(): OpenReasoning {
    if (this.#current instanceof OpenReasoning) return this.#current;
    const summarize = this.#response.reasoning.summary != null;
    const reasoning = this.#next(
      "reasoning",
      (id, index, emit) => new OpenReasoning(id, index, emit, summarize, this.#seal),
    );
    this.#current = reasoning;
    return reasoning;
  }

  /** Adds an item, once what is over by then has been closed. */
  readonly #next: AddItem = (type, make) => {
    this.#closeCurrent("completed");
    this.calls.closeFinished();
    return this.#add(type, make);
  };

  #closeCurrent(status: ItemStatus): void {
    this.#current?.close(status);
    this.#current = undefined;
  }
}
