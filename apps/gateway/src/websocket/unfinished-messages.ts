import type { Duplex } from "node:stream";
import { MessageBounds } from "./message-bounds.ts";

/** Limits of {@link UnfinishedMessages}. */
export interface UnfinishedLimits {
  /** Milliseconds a message may take from its first byte to its last. */
  timeout: number;
  /** Bytes of all messages that are not there in full; one alone may have more. */
  bytes: number;
}

/** One whose messages are waited for. */
export interface Sender {
  /** Bytes as they come, before anything else has read them. */
  connection: Duplex;
  /** Whether it is not listened to at the moment: then it is not late. */
  isPaused(): boolean;
  /** Its message is not waited for any longer. `atOnce`: what there is of it has to go before anything else happens. */
  refuse(reason: string, atOnce: boolean): void;
}

interface Receipt {
  sender: Sender;
  bytes: number;
  timer: NodeJS.Timeout | undefined;
  refused: boolean;
}

/**
 * The messages of all WebSockets that have begun to arrive: how long they may take, and how much memory they may hold
 * together. When that is too much, the one that began first goes: who means to send all of it is sooner done.
 */
export class UnfinishedMessages {
  readonly #limits: UnfinishedLimits;
  /** In the order in which they began. */
  readonly #open = new Set<Receipt>();
  #bytes = 0;
  /** Of messages that were refused, and whose connections are not closed yet. */
  #refusedBytes = 0;

  constructor(limits: UnfinishedLimits) {
    this.#limits = limits;
  }

  /** Watches a connection until it is closed. To be called before its first byte is read. */
  watch(sender: Sender): void {
    const bounds = new MessageBounds();
    const receipt: Receipt = { sender, bytes: 0, timer: undefined, refused: false };
    sender.connection.on("data", (chunk: Uint8Array) => {
      if (receipt.refused) return;
      if (bounds.push(chunk)) this.#end(receipt);
      this.#grow(receipt, bounds.unfinished);
    });
    sender.connection.once("close", () => {
      if (receipt.refused) this.#refusedBytes -= receipt.bytes;
      else this.#end(receipt);
    });
  }

  #grow(receipt: Receipt, bytes: number): void {
    if (bytes === 0) return;
    if (!this.#open.has(receipt)) {
      this.#open.add(receipt);
      receipt.timer = setTimeout(() => this.#late(receipt), this.#limits.timeout);
      receipt.timer.unref();
    }
    this.#bytes += bytes - receipt.bytes;
    receipt.bytes = bytes;
    for (const oldest of this.#open) {
      if (this.#bytes <= this.#limits.bytes || this.#open.size === 1) return;
      this.#refuse(oldest, "Too much is being received. Send the message again later.");
    }
  }

  #late(receipt: Receipt): void {
    if (receipt.sender.isPaused()) receipt.timer?.refresh();
    else this.#refuse(receipt, "The message took too long to arrive.");
  }

  #refuse(receipt: Receipt, reason: string): void {
    const { bytes } = receipt;
    this.#end(receipt);
    receipt.refused = true;
    receipt.bytes = bytes;
    this.#refusedBytes += bytes;
    receipt.sender.refuse(reason, this.#refusedBytes > this.#limits.bytes);
  }

  #end(receipt: Receipt): void {
    clearTimeout(receipt.timer);
    this.#open.delete(receipt);
    this.#bytes -= receipt.bytes;
    receipt.bytes = 0;
  }
}
