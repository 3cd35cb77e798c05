import type { BlobIndex, BlobStore, ReceivedBlob } from "@gateway/engine";
import { KeyLocks } from "../key-locks.ts";

/** What a blob keeper works with. */
export interface BlobKeeperDeps {
  blobs: BlobStore;
  blobIndex: BlobIndex;
  /** Unix time in milliseconds. */
  now(): number;
  onFault(message: string, cause?: unknown): void;
}

/**
 * Puts content in place for files and parts, and removes it when nothing refers to it any more. Files with the
 * same content share it, so both are done one at a time for each hash.
 *
 * Nothing is lost or left for ever, wherever the process ends: content is announced before it is put in place
 * and struck out only after it was removed, so that what lies in the blob store is always in the index. What was
 * announced and is referred to by nothing is found there by the next sweep. References are made in {@link hold}
 * alone, by the one process that writes to the index: what a sweep has found unused stays so unless this process
 * has held it since.
 */
export class BlobKeeper {
  readonly #deps: BlobKeeperDeps;
  readonly #locks = new KeyLocks();
  /** Hashes that were held since the sweep has asked what is unused. */
  readonly #held = new Set<string>();
  #sweeping: Promise<void> | undefined;
  #again = false;

  constructor(deps: BlobKeeperDeps) {
    this.#deps = deps;
  }

  /**
   * Puts content in place and has it referred to by what `refer` writes. Where that fails or writes nothing, the
   * content is removed again.
   */
  async hold<T>(content: ReceivedBlob, refer: () => Promise<T>): Promise<T> {
    try {
      return await this.#locks.run(content.hash, async () => {
        try {
          await this.#place(content);
          return await refer();
        } finally {
          // Last of all: a sweep that has asked meanwhile, and now waits for the lock, must see it.
          this.#held.add(content.hash);
        }
      });
    } catch (error) {
      this.sweep();
      throw error;
    }
  }

  /** Begins to remove what nothing refers to; called after every deletion. Trouble is reported and tried again by the next. */
  sweep(): void {
    this.#again = true;
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = undefined;
    });
  }

  /** Resolves when the sweep that is under way, if any, has ended. */
  async idle(): Promise<void> {
    await this.#sweeping;
  }

  async #place(content: ReceivedBlob): Promise<void> {
    try {
      await this.#deps.blobIndex.announce(content.hash, content.bytes);
      await content.keep();
    } catch (error) {
      await content.discard();
      throw error;
    }
  }

  async #sweepAll(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        if (await this.#sweepSome()) this.#again = true;
      }
    } catch (cause) {
      this.#deps.onFault("content that is not used any more could not be removed; it is tried again", cause);
    }
  }

  /** Whether there may be more to remove. */
  async #sweepSome(): Promise<boolean> {
    this.#held.clear();
    const hashes = await this.#deps.blobIndex.unused(this.#deps.now() + 1, sweepLimit);
    let removed = 0;
    for (const hash of hashes) if (await this.#locks.run(hash, () => this.#remove(hash))) removed++;
    return removed > 0 && hashes.length === sweepLimit;
  }

  async #remove(hash: string): Promise<boolean> {
    if (this.#held.has(hash)) return false;
    await this.#deps.blobs.delete(hash);
    return this.#deps.blobIndex.forget(hash);
  }
}

const sweepLimit = 100;
