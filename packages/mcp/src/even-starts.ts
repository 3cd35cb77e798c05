/**
 * Lets so many begin in one turn of the event loop; others follow in the next turns, in the order they came. To send a
 * call takes part of a millisecond, and a hundred that are begun together would hold up everybody else.
 */
export class EvenStarts {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #begun = 0;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves when it is one's turn. */
  next(): Promise<void> | undefined {
    if (this.#begun === 0) setImmediate(this.#nextTurn);
    if (this.#begun < this.#perTurn) {
      this.#begun++;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  readonly #nextTurn = (): void => {
    const followers = this.#waiting.splice(0, this.#perTurn);
    this.#begun = followers.length;
    if (followers.length > 0) setImmediate(this.#nextTurn);
    for (const follow of followers) follow();
  };
}
