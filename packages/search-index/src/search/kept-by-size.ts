/** Keeps values as long as they all together are not larger than allowed; those that were not used for longest go first. */
export class KeptBySize<K, V> {
  readonly #most: number;
  readonly #kept = new Map<K, { value: V; size: number }>();
  #size = 0;

  /** `most` is the sum of all sizes, in the unit of {@link set}. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The sizes of all that is kept. */
  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    // A Map keeps the order of insertion: the first one is the one that was not used for longest.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** Keeps a value in place of the key's former one; one that is larger than all may be is not kept. */
  set(key: K, value: V, size: number): void {
    this.#forget(key);
    if (size > this.#most) return;
    this.#kept.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#most) break;
      this.#forget(oldest);
    }
  }

  #forget(key: K): void {
    this.#size -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}
