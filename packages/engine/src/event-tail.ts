import type { EventBatch } from "./stores.ts";

/** What a reader may leave untaken, in characters: one that falls further behind reads the log instead. */
const maxChars = 256 * 1024;

/** What is logged of one response while it is followed. */
export class EventTail {
  #batches: EventBatch[] = [];
  #chars = 0;
  #ended = false;
  #wake: () => void = () => {};
  readonly #onClose: () => void;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  /** Takes what was logged. Of a reader that is too far behind all is dropped: it finds a gap. */
  push(batch: EventBatch): void {
    for (const { length } of batch.events) this.#chars += length;
    if (this.#chars > maxChars && this.#batches.length > 0) {
      this.#batches = [];
      this.#chars = 0;
    } else this.#batches.push(batch);
    this.#wake();
  }

  /** Says that no more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * What is logged from a number on, as it comes. Ends where the next event is missing, which the log has then, when
   * no more will come, and when `signal` is aborted.
   */
  async *from(number: number, signal: AbortSignal): AsyncGenerator<string[], void, undefined> {
    let next = number;
    for (;;) {
      const batches = this.#batches;
      this.#batches = [];
      this.#chars = 0;
      for (const { first, events } of batches) {
        if (first > next) return;
        const news = events.slice(next - first);
        if (news.length === 0) continue;
        next += news.length;
        yield news;
      }
      if (this.#batches.length > 0) continue;
      if (this.#ended || signal.aborted) return;
      await this.#news(signal);
    }
  }

  /** Follows no more. */
  close(): void {
    this.#onClose();
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
