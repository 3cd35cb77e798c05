import { type Frame, prefixBytes, readPrefix } from "./child/frames.ts";

/** Puts frames together from what a process writes, which may be anything. Holds no more than one frame. */
export class FrameReader {
  readonly #maxHead: number;
  readonly #maxBody: number;
  readonly #onFrame: (frame: Frame) => void;
  #wanted = prefixBytes;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #lengths: { head: number; body: number } | undefined;

  /** Bounds are in bytes. */
  constructor(maxHead: number, maxBody: number, onFrame: (frame: Frame) => void) {
    this.#maxHead = maxHead;
    this.#maxBody = maxBody;
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes. Throws an Error where they are not what was agreed on. */
  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#wanted) this.#step();
  }

  #step(): void {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    if (all === undefined) throw new Error("a frame without bytes");
    const part = all.subarray(0, this.#wanted);
    const rest = all.subarray(this.#wanted);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    if (this.#lengths === undefined) {
      const lengths = readPrefix(part);
      if (lengths.head > this.#maxHead || lengths.body > this.#maxBody)
        throw new Error("a frame is too long");
      this.#lengths = lengths;
      this.#wanted = lengths.head + lengths.body;
      if (this.#wanted > 0) return;
    }
    const { head } = this.#lengths;
    this.#lengths = undefined;
    const frame = this.#wanted === 0 ? Buffer.alloc(0) : part;
    this.#wanted = prefixBytes;
    this.#onFrame({ head: JSON.parse(frame.subarray(0, head).toString("utf8")), body: frame.subarray(head) });
  }
}
