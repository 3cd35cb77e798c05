import type { Item } from "@gateway/protocol";
import { answerOf, callOf } from "./call-ids.ts";
import { isSameCall, isSameOutput, wordsOf } from "./says-the-same.ts";

/** A call that has its output. */
interface Exchange {
  call: Item;
  output: Item;
}

/**
 * Finds what a client sends again although the history has it: some send their whole list of items with
 * `previous_response_id`, or all outputs of a run with each step in a conversation, without ids to tell them by. So what
 * counts is what they say:
 *
 * - a call that asks for the same as one of that id in the history, which waits for its output or has it and is followed
 *   by the same again;
 * - an output that says the same as the one that its call has;
 * - before one of these a message or a thought in the words of one in the history, each for one there and in its order: what
 *   came after it is not new, so it is not either. The same where an output answers a call of the history and the last
 *   question before it is that of the history: it was asked before the call was made.
 *
 * Behind a question that the history does not have no exchange is an old one. A question that has an id of its own is new,
 * and so is the last one where nothing else would be.
 */
export class RepeatedItems {
  /** The calls of the history that wait for their outputs, by call_id. */
  readonly open: ReadonlyMap<string, Item>;
  readonly #history: readonly Item[];
  readonly #input: readonly Item[];
  readonly #covered: readonly Item[];
  readonly #named: ReadonlySet<string>;
  /** Those of the history that have their outputs, the last of each call_id. */
  readonly #closed = new Map<string, Exchange>();
  /** The last output of each call_id, of history and input. */
  readonly #outputs = new Map<string, Item>();
  readonly #repeated = new Set<Item>();
  /** The last output of the input that answers a call of the history. */
  #answer: Item | undefined;
  #following: ReadonlyMap<Item, Item> | undefined;
  #coveredOutputs: ReadonlyMap<string, Item> | undefined;

  /**
   * `history` and `input` are fit to be paired; `covered` is of the history, and a compaction stands for it. `named` are ids
   * that the caller has given.
   */
  constructor(
    history: readonly Item[],
    input: readonly Item[],
    { covered = [], named = noIds }: { covered?: readonly Item[]; named?: ReadonlySet<string> },
  ) {
    this.#named = named;
    this.#history = history;
    this.#input = input;
    this.#covered = covered;
    const open = new Map<string, Item>();
    for (const item of history) {
      const calls = callOf(item);
      if (calls !== undefined) open.set(calls, item);
      const answers = answerOf(item);
      const call = answers === undefined ? undefined : open.get(answers);
      if (answers === undefined || call === undefined) continue;
      open.delete(answers);
      this.#closed.set(answers, { call, output: item });
      this.#outputs.set(answers, item);
    }
    this.open = open;
  }

  /** True for a call of the input that the history has. `waiting` is the call of its id that is open at its place. */
  takesCall(item: Item, callId: string, waiting: Item | undefined): boolean {
    if (waiting !== undefined) return this.open.get(callId) === waiting && this.#take(item, waiting);
    const closed = this.#closed.get(callId);
    // An exchange of the input's own has taken its id since.
    if (closed === undefined || this.#outputs.get(callId) !== closed.output) return false;
    this.#following ??= followingOutputs(this.#untilNewQuestion());
    const next = this.#following.get(item);
    return next !== undefined && isSameOutput(next, closed.output) && this.#take(item, closed.call);
  }

  /** Notes an output of the input that answers a call. */
  noteOutput(item: Item, callId: string, call: Item): void {
    this.#outputs.set(callId, item);
    if (this.open.get(callId) === call) this.#answer = item;
  }

  /** What an output of the input is for which no call waits: the `same` as its call has, another, or of no call at all. */
  takesOutput(item: Item, callId: string): "same" | "other" | "none" {
    this.#coveredOutputs ??= new Map(this.#covered.map((one) => [answerOf(one) ?? "", one]));
    const known = this.#outputs.get(callId) ?? this.#coveredOutputs.get(callId);
    if (known === undefined) return "none";
    if (!isSameOutput(known, item)) return "other";
    this.#repeated.add(item);
    return "same";
  }

  /** The ids of all that was found, once every call and output has been asked for. */
  ids(): ReadonlySet<string> {
    const last = Math.max(
      this.#repeated.size === 0 ? -1 : this.#input.findLastIndex((item) => this.#repeated.has(item)),
      this.#answersOldQuestion(),
    );
    if (last < 0) return noIds;
    const ids = new Set([...this.#repeated, ...this.#saidBefore(last)].map(({ id }) => id));
    const question = this.#input.findLast(isQuestion);
    // What asks for nothing new would end with the model's own answer.
    if (question !== undefined && this.#input.every(({ id }) => ids.has(id))) ids.delete(question.id);
    return ids;
  }

  /** Messages and thoughts of the input before a place that the history has, in its order. */
  #saidBefore(end: number): Item[] {
    const places = new Map<string, number[]>();
    for (const [place, item] of this.#history.entries()) {
      const words = keyOf(item);
      if (words === undefined) continue;
      const same = places.get(words);
      if (same) same.push(place);
      else places.set(words, [place]);
    }
    for (const left of places.values()) left.reverse();
    const said: Item[] = [];
    let from = 0;
    for (const item of this.#input.slice(0, end)) {
      // What answers an open call was said after it.
      const left = places.get(keyOf(item) ?? "") ?? places.get(`call ${answerOf(item)}`);
      while (left !== undefined && (left.at(-1) ?? from) < from) left.pop();
      const place = left?.pop();
      if (place === undefined) continue;
      from = place + 1;
      if (wordsOf(item) !== undefined && !this.#isNamed(item)) said.push(item);
    }
    return said;
  }

  /** The input before the first question that the history does not have. */
  #untilNewQuestion(): readonly Item[] {
    const asked = new Set(this.#history.filter(isQuestion).map(wordsOf));
    const isNew = (item: Item) => isQuestion(item) && (this.#isNamed(item) || !asked.has(wordsOf(item)));
    const place = this.#input.findIndex(isNew);
    return place < 0 ? this.#input : this.#input.slice(0, place);
  }

  #isNamed(item: Item): boolean {
    return isQuestion(item) && this.#named.has(item.id);
  }

  /** The place of the last output for the history, where the last question before it is the history's; or -1. */
  #answersOldQuestion(): number {
    const place = this.#answer === undefined ? -1 : this.#input.indexOf(this.#answer);
    const question = this.#input
      .slice(0, Math.max(0, place))
      .findLast((item) => isQuestion(item) && !this.#isNamed(item));
    const asked = question && this.#history.findLast(isQuestion);
    return asked !== undefined && wordsOf(question as Item) === wordsOf(asked) ? place : -1;
  }

  #take(item: Item, known: Item): boolean {
    const same = isSameCall(item, known);
    if (same) this.#repeated.add(item);
    return same;
  }
}

const noIds: ReadonlySet<string> = new Set();

function isQuestion(item: Item): boolean {
  return item.type === "message" && item.role === "user";
}

/** What an item of the history is found again by: what it says, or the call that it is or answers. */
function keyOf(item: Item): string | undefined {
  const calls = callOf(item);
  if (calls !== undefined) return `call ${calls}`;
  const answers = answerOf(item);
  return answers === undefined ? wordsOf(item) : `output ${answers}`;
}

/** The output that follows each call; of several calls of one id before an output it is the last one's. */
function followingOutputs(items: readonly Item[]): Map<Item, Item> {
  const next = new Map<string, Item>();
  const following = new Map<Item, Item>();
  for (const item of items.toReversed()) {
    const output = next.get(callOf(item) ?? "");
    if (output !== undefined) {
      following.set(item, output);
      next.delete(callOf(item) ?? "");
    }
    const answers = answerOf(item);
    if (answers !== undefined) next.set(answers, item);
  }
  return following;
}
