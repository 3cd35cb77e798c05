import { unzipSync } from "fflate";
import { broken, Refusal } from "./refusal.ts";

/** A ZIP archive whose entries are unpacked only when asked for, and never to more than the limit altogether. */
export class ZipParts {
  readonly #bytes: Uint8Array;
  readonly #maxUnpackedBytes: number;
  readonly #sizes = new Map<string, number>();
  #unpackedBytes = 0;

  /** @throws Refusal `invalid_file` when the archive has no readable directory. */
  constructor(bytes: Uint8Array, maxUnpackedBytes: number) {
    this.#bytes = bytes;
    this.#maxUnpackedBytes = maxUnpackedBytes;
    this.#walk(({ name, size, originalSize }) => {
      this.#sizes.set(name, Math.max(size, originalSize) + (this.#sizes.get(name) ?? 0));
      return false;
    });
  }

  has(name: string): boolean {
    return this.#sizes.has(name);
  }

  /**
   * Unpacks entries; those that are not there are left out.
   *
   * The sizes are the archive's own words, but an entry that says too little is unpacked to what it said and no
   * further, so the limit holds.
   *
   * @throws Refusal `invalid_file` when an entry is broken, or the limit would be passed.
   */
  unpack(names: Iterable<string>): Map<string, Uint8Array> {
    const wanted = new Set([...names].filter((name) => this.has(name)));
    for (const name of wanted) this.#unpackedBytes += this.#sizes.get(name) ?? 0;
    if (this.#unpackedBytes > this.#maxUnpackedBytes) {
      const mebibytes = Math.floor(this.#maxUnpackedBytes / 2 ** 20);
      throw new Refusal("invalid_file", `The file unpacks to more than ${mebibytes} MiB.`);
    }
    if (wanted.size === 0) return new Map();
    return new Map(Object.entries(this.#walk(({ name }) => wanted.has(name))));
  }

  /** One entry, or undefined; see {@link unpack}. */
  unpackOne(name: string): Uint8Array | undefined {
    return this.unpack([name]).get(name);
  }

  #walk(
    filter: (entry: { name: string; size: number; originalSize: number }) => boolean,
  ): Record<string, Uint8Array> {
    try {
      return unzipSync(this.#bytes, { filter });
    } catch (cause) {
      throw broken("a ZIP container, which Office documents are", cause);
    }
  }
}
