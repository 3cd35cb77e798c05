/** Something that is ticked at its own pace until it says that it is over. */
export interface Paced {
  /** One tick; true when it was the last. */
  tick(): boolean;
}

/** Ticks any number of streams with one timer. */
export interface Pacer {
  /** Takes a stream in; its first tick comes within one period. */
  add(stream: Paced): void;
  /** Number of streams that are not over. */
  readonly size: number;
}

/**
 * Opens a wheel of `everyMs` slots of one millisecond. Streams are spread over the slots, so that their tokens
 * come one by one, as those of independent users do, and not all in the same instant. The timer runs only
 * while there are streams. A turn of the loop that comes late makes up for the slots it missed.
 */
export function openPacer(everyMs: number): Pacer {
  const slots = Array.from({ length: everyMs }, () => new Set<Paced>());
  let size = 0;
  let nextSlot = 0;
  let timer: NodeJS.Timeout | undefined;
  let turn = 0;
  let begin = 0;

  const playSlot = (slot: Set<Paced>): void => {
    for (const stream of slot) {
      if (!stream.tick()) continue;
      slot.delete(stream);
      size -= 1;
    }
  };
  const advance = (): void => {
    const due = Math.floor(performance.now() - begin);
    for (; turn < due; turn += 1) playSlot(slots[turn % everyMs] as Set<Paced>);
    if (size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    add(stream) {
      (slots[nextSlot++ % everyMs] as Set<Paced>).add(stream);
      size += 1;
      if (timer !== undefined) return;
      begin = performance.now();
      turn = 0;
      timer = setInterval(advance, 1);
    },
    get size() {
      return size;
    },
  };
}
