import type { ContextMemory } from "@gateway/engine";
import type { Item } from "@gateway/protocol";

interface Remembered {
  memory: ConnectionMemory;
  id: string;
  /** The context as JSON: its size is known, and nobody changes it. */
  text: string;
}

/** Characters of most contexts are a byte each; those of others two, which is allowed for by the limits being limits. */
const sizeOf = ({ text }: Remembered): number => text.length;

/** Lanes cost nothing once they are idle, so that a client may name any number. */
const maxEntries = 64;

/** What all connections remember together. When that is too much, what was not used for longest is forgotten. */
export class ContextCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Set<Remembered>();
  #size = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: Remembered): void {
    this.#entries.add(entry);
    this.#size += sizeOf(entry);
    for (const oldest of this.#entries) {
      if (this.#size <= this.#limit) return;
      oldest.memory.forget(oldest.id);
    }
  }

  touch(entry: Remembered): void {
    if (this.#entries.delete(entry)) this.#entries.add(entry);
  }

  remove(entry: Remembered): void {
    if (this.#entries.delete(entry)) this.#size -= sizeOf(entry);
  }
}

/**
 * What one connection remembers: the contexts of its responses that are not stored, the last of each lane. Any lane may
 * go on from any of them. Beyond its own limit the connection forgets what it did not use for longest.
 */
export class ConnectionMemory {
  readonly #cache: ContextCache;
  readonly #limit: number;
  /** By response, in the order of their last use. */
  readonly #entries = new Map<string, Remembered>();
  readonly #lastOf = new Map<string | undefined, string>();
  #size = 0;
  #closed = false;

  /** @param limit bytes */
  constructor(cache: ContextCache, limit: number) {
    this.#cache = cache;
    this.#limit = limit;
  }

  /** The memory as a lane sees it: what it adds takes the place of what it added before. */
  ofLane(lane: string | undefined): ContextMemory {
    return {
      get: (id) => this.#get(id),
      set: (id, context) => {
        const former = this.#lastOf.get(lane);
        if (former !== undefined) this.forget(former);
        this.#lastOf.set(lane, id);
        this.#set({ memory: this, id, text: JSON.stringify(context) });
      },
    };
  }

  /** Forgets a response's context; false where it is not known. */
  forget(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    this.#size -= sizeOf(entry);
    this.#cache.remove(entry);
    for (const [lane, last] of this.#lastOf) if (last === id) this.#lastOf.delete(lane);
    return true;
  }

  /** Forgets all, for good. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#entries.keys()]) this.forget(id);
  }

  #get(id: string): readonly Item[] | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    this.#cache.touch(entry);
    return JSON.parse(entry.text) as Item[];
  }

  #set(entry: Remembered): void {
    if (this.#closed) return;
    this.#entries.set(entry.id, entry);
    this.#size += sizeOf(entry);
    this.#cache.add(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit && this.#entries.size <= maxEntries) return;
      this.forget(oldest);
    }
  }
}
