import { setImmediate as turn } from "node:timers/promises";
import type { Removal } from "./removal.ts";

/** Does what a {@link Removal} has left to do, a step in each turn of the event loop, so that other work comes between. */
export class Sweeper {
  readonly #removal: Removal;
  readonly #onDone: () => void;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** `onDone` is called each time when nothing is left. */
  constructor(removal: Removal, onDone: () => void) {
    this.#removal = removal;
    this.#onDone = onDone;
  }

  /** Resolves when nothing is left to remove, or after {@link stop}; rejects with what a step threw. */
  async sweep(): Promise<void> {
    // What was taken away while the last step ran may not have been seen by it.
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Ends after the step under way; what is left is done after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {});
  }

  /** Whether {@link stop} was called. */
  get stopped(): boolean {
    return this.#stopped;
  }

  async #run(): Promise<void> {
    let worked = false;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await turn();
      while (!this.#stopped && this.#removal.step()) {
        worked = true;
        await turn();
      }
    }
    if (worked && !this.#stopped) this.#onDone();
  }
}
