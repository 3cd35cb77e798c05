import type { TurnOrder } from "./run-turn.ts";

/** A request that waits for its turn. */
export interface WaitingOrder {
  order: TurnOrder;
  /** Size of the message that brought it. */
  bytes: number;
}

/** One lane of a connection: requests that are carried out one after the other, in the order in which they came. */
export class Lane {
  /** Its name; undefined for the lane of requests that name none. */
  readonly streamId: string | undefined;
  readonly #waiting: WaitingOrder[] = [];

  constructor(streamId: string | undefined) {
    this.streamId = streamId;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Puts a request at the end. */
  add(waiting: WaitingOrder): void {
    this.#waiting.push(waiting);
  }

  /** Takes the request that has waited longest. */
  next(): WaitingOrder | undefined {
    return this.#waiting.shift();
  }
}
