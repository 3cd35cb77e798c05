import type { ItemStatus, Logprob, ResponseObject } from "@gateway/protocol";
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

/** Characters of white space that are held back at most: a model that writes nothing else may do so for long. */
const longestBlank = 256;

/**
 * The items that the model writes: each of its deltas goes to the one it belongs to, which is opened where there is none.
 * Items come one after the other, but a call whose arguments are still unfinished stays open: see {@link TurnCalls}.
 *
 * White space alone opens no message: it is held back until something else comes. Words keep it; before a call or a
 * thought it is dropped, unless the answer consists of nothing else. Many models write a line break or two there, and
 * clients would show that as an empty message.
 */
export class TurnItems {
  readonly calls: TurnCalls;
  /** The last item, where it is no call: the only one of these that is open. */
  #current: OpenMessage | OpenReasoning | undefined;
  /** White space that is held back; never while a message is open. What came before a thought is `over`. */
  #blank: { text: string; logprobs: Logprob[]; over: boolean } | undefined;
  /** Whether the turn has brought a message or a call. */
  #answered = false;
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
        if (this.#current instanceof OpenMessage) this.#current.text(delta.text, delta.logprobs ?? []);
        else this.#begin(delta.text, delta.logprobs ?? []);
        break;
      case "reasoning":
        this.#reasoning().text(delta.text);
        break;
      case "arguments":
        this.calls.grow(delta.key, delta.text);
        break;
      case "call":
        this.#blank = undefined;
        this.#answered = true;
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

  /**
   * Closes what is open at the end of the turn; keys of calls may come again in the next. White space is the answer where
   * the `last` turn has brought nothing else but thoughts.
   */
  close(status: ItemStatus, last: boolean): void {
    if (last && !this.#answered && this.#blank !== undefined) {
      this.#blank.over = false;
      this.#message();
    }
    this.#blank = undefined;
    this.#answered = false;
    this.#closeCurrent(status);
    this.calls.closeAll(status);
  }

  /** Text where no message is open. */
  #begin(text: string, logprobs: Logprob[]): void {
    const held = this.#blank?.over ? undefined : this.#blank;
    if (/\S/.test(text) || (held?.text.length ?? 0) >= longestBlank) this.#message().text(text, logprobs);
    else if (held === undefined) this.#blank = { text, logprobs: [...logprobs], over: false };
    else {
      held.text += text;
      held.logprobs.push(...logprobs);
    }
  }

  /** The message that is open, or another one, which begins with what was held back since the last thought. */
  #message(): OpenMessage {
    if (this.#current instanceof OpenMessage) return this.#current;
    const message = this.#next("message", (id, index, emit) => new OpenMessage(id, index, emit));
    this.#current = message;
    this.#answered = true;
    const blank = this.#blank;
    this.#blank = undefined;
    if (blank !== undefined && !blank.over) message.text(blank.text, blank.logprobs);
    return message;
  }

  #reasoning(): OpenReasoning {
    if (this.#blank !== undefined) this.#blank.over = true;
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
