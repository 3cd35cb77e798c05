import { setTimeout as pause } from "node:timers/promises";

/** What a server has done so far. */
export interface ServiceCount {
  requests: number;
  texts: number;
  /** Milliseconds in which it worked on a request. */
  busyMs: number;
}

/** A server that works on one request at a time, each text of which takes it the same time. */
export interface ServiceLine {
  /**
   * Works on a request when all before it are done: `answer` is called at once when its turn comes, and what it
   * gives is handed out when the time for so many texts is over. Rejects with what `answer` throws.
   */
  serve<T>(texts: number, answer: () => T): Promise<T>;
  readonly count: ServiceCount;
}

/** Opens a line that takes `msPerText` milliseconds a text; with 0 only as long as `answer` takes. */
export function openServiceLine(msPerText: number): ServiceLine {
  const count: ServiceCount = { requests: 0, texts: 0, busyMs: 0 };
  let last: Promise<unknown> = Promise.resolve();
  return {
    count,
    serve(texts, answer) {
      const served = last.then(async () => {
        const begin = performance.now();
        try {
          // Making the answer is part of the work, not something that comes on top of it.
          const made = answer();
          const left = texts * msPerText - (performance.now() - begin);
          if (left > 0) await pause(left);
          return made;
        } finally {
          count.requests += 1;
          count.texts += texts;
          count.busyMs += performance.now() - begin;
        }
      });
      last = served.catch(() => {});
      return served;
    },
  };
}
