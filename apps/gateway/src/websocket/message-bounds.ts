/** Most bytes that come before the payload of a frame. */
const maxHeader = 14;

/**
 * Tells from the bytes of a WebSocket, as its client sends them, whether a message has begun that is not there in full
 * (RFC 6455, section 5.2). The reader of the messages tells of those only that are. What breaks the protocol is for that
 * reader to refuse; until then anything may be told of it.
 */
export class MessageBounds {
  readonly #header = Buffer.alloc(maxHeader);
  /** Bytes of the header that have come. */
  #have = 0;
  /** Bytes of the frame's payload that have not come. */
  #left = 0;
  /** Whether frames of a message have come, and not its last. */
  #fragmented = false;
  #unfinished = 0;

  /** How many bytes there are of a message, or frame, that is not there in full; 0 where there is none. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Takes the next bytes; true where a message, or a frame between messages, has come to its end in them. */
  push(chunk: Uint8Array): boolean {
    let ended = false;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        this.#header[this.#have++] = chunk[at++] ?? 0;
        this.#unfinished++;
        if (this.#have < this.#headerSize()) continue;
        this.#left = this.#payloadSize();
      }
      const taken = Math.min(this.#left, chunk.length - at);
      this.#left -= taken;
      this.#unfinished += taken;
      at += taken;
      if (this.#left === 0) ended = this.#endFrame() || ended;
    }
    return ended;
  }

  /** True where no message is open after it. */
  #endFrame(): boolean {
    const [first = 0] = this.#header;
    this.#have = 0;
    const isControl = (first & 0x08) !== 0;
    if (!isControl) this.#fragmented = (first & 0x80) === 0;
    if (this.#fragmented) return false;
    this.#unfinished = 0;
    return true;
  }

  #headerSize(): number {
    if (this.#have < 2) return 2;
    const second = this.#header[1] ?? 0;
    const length = second & 0x7f;
    const mask = (second & 0x80) === 0 ? 0 : 4;
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + mask;
  }

  #payloadSize(): number {
    const length = (this.#header[1] ?? 0) & 0x7f;
    if (length === 126) return this.#header.readUInt16BE(2);
    return length === 127 ? Number(this.#header.readBigUInt64BE(2)) : length;
  }
}
