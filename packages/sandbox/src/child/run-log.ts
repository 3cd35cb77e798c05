/** Characters that are kept to be sent together. */
const batchChars = 8192;
/** How much of the end is told where output is cut. */
const tailShare = 0.2;

/**
 * What a run writes, standard output and standard error in their order. The first part is sent as it comes, so that it
 * is known should the process be ended; of what is beyond the limit only the end is.
 */
export class RunLog {
  readonly #send: (text: string) => void;
  readonly #decoders = { out: new TextDecoder(), err: new TextDecoder() };
  #headChars: number;
  readonly #tailChars: number;
  #held = "";
  #tail = "";
  #left = 0;

  constructor(maxChars: number, send: (text: string) => void) {
    this.#send = send;
    this.#tailChars = Math.floor(maxChars * tailShare);
    this.#headChars = maxChars - this.#tailChars;
  }

  /** Takes bytes as Python writes them. */
  write(stream: "out" | "err", bytes: Uint8Array): void {
    this.add(this.#decoders[stream].decode(bytes, { stream: true }));
  }

  add(text: string): void {
    const head = text.slice(0, this.#headChars);
    this.#headChars -= head.length;
    this.#held += head;
    if (this.#held.length >= batchChars) this.flush();
    const rest = text.slice(head.length);
    if (rest === "") return;
    this.#tail += rest;
    const surplus = this.#tail.length - this.#tailChars;
    // Cut seldom: a cut copies the tail.
    if (surplus > this.#tailChars) this.#cutTail(surplus);
  }

  /** Sends what there is so far. */
  flush(): void {
    if (this.#held !== "") this.#send(this.#held);
    this.#held = "";
  }

  end(): void {
    this.flush();
    const surplus = this.#tail.length - this.#tailChars;
    if (surplus > 0) this.#cutTail(surplus);
    if (this.#left > 0) this.#send(`\n[… ${this.#left} characters left out …]\n`);
    if (this.#tail !== "") this.#send(this.#tail);
    this.#tail = "";
  }

  #cutTail(surplus: number): void {
    this.#left += surplus;
    this.#tail = this.#tail.slice(surplus);
  }
}
