import { Code, ConnectError } from "@connectrpc/connect";

/** Bytes before each message: a flag byte and the length, big endian (gRPC over HTTP/2, Length-Prefixed-Message). */
export const framePrefixBytes = 5;

/**
 * Takes gRPC messages out of a byte stream that may be cut anywhere. Messages are views into the chunks where that
 * is possible; nothing is copied more than once.
 */
export class FrameDecoder {
  readonly #maxMessageBytes: number;
  /** The beginning of a frame whose end has not come yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** With how many bytes it is worth to look again. */
  #neededBytes = framePrefixBytes;

  /** @param maxMessageBytes a longer message is refused as soon as its length is known. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes the next bytes, and calls `receive` for each message that is complete now, in order.
   *
   * @throws {ConnectError} `ResourceExhausted` when a message is too long, `Internal` when it is compressed or the
   * bytes are not gRPC. The decoder is of no use after that.
   */
  push(chunk: Buffer, receive: (message: Buffer) => void): void {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#neededBytes) return;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
    }
    let start = 0;
    this.#neededBytes = framePrefixBytes;
    while (bytes.length - start >= framePrefixBytes) {
      const end = start + framePrefixBytes + this.#readLength(bytes, start);
      if (end > bytes.length) {
        this.#neededBytes = end - start;
        break;
      }
      receive(bytes.subarray(start + framePrefixBytes, end));
      start = end;
    }
    this.#heldBytes = bytes.length - start;
    if (this.#heldBytes > 0) this.#held.push(start === 0 ? bytes : bytes.subarray(start));
  }

  /**
   * To be called when no more bytes come.
   *
   * @throws {ConnectError} `Internal` when a message is incomplete.
   */
  end(): void {
    if (this.#heldBytes === 0) return;
    throw new ConnectError("the stream ended within a message", Code.Internal);
  }

  #readLength(bytes: Buffer, start: number): number {
    const flags = bytes.readUInt8(start);
    if (flags !== 0) {
      const fault =
        flags === 1
          ? "a compressed message on a stream without grpc-encoding"
          : "the bytes are not gRPC frames";
      throw new ConnectError(fault, Code.Internal);
    }
    const length = bytes.readUInt32BE(start + 1);
    if (length > this.#maxMessageBytes) {
      throw new ConnectError(
        `a message of ${length} bytes is over the limit of ${this.#maxMessageBytes} bytes`,
        Code.ResourceExhausted,
      );
    }
    return length;
  }
}

/** A message with its prefix, ready to be written. */
export function toFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(framePrefixBytes + message.length);
  writeFramePrefix(frame, message.length);
  frame.set(message, framePrefixBytes);
  return frame;
}

/** Writes the prefix of a message of `length` bytes to the start of `frame`. */
export function writeFramePrefix(frame: Buffer, length: number): void {
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(length, 1);
}
