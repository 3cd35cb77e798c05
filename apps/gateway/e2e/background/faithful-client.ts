import type { ResponseEvent } from "@gateway/protocol";
import type { SseEvent } from "@gateway/testkit";
import { EventReader, joinFrames, NoStream } from "./event-reader.ts";

/** A way to a gateway that goes and comes back. */
export interface Place {
  /** Base address, ending in `/v1`, once the gateway is up. */
  up(): Promise<string>;
}

/**
 * A client that reads a background response to its end, however often it is cut off: it comes back and asks for what
 * is behind the last number it has seen. It keeps every frame as it was on the wire.
 */
export class FaithfulClient {
  readonly frames: SseEvent[] = [];
  /** How often it was cut off. */
  breaks = 0;
  /** Settles with the response's id when the first event of the response has come. */
  readonly accepted: Promise<string>;
  /** Settles when it has seen the end. Rejects when the end is no end: a stream that closes without a terminal event. */
  readonly over: Promise<void>;
  readonly #place: Place;
  readonly #onFrame: () => void;
  readonly #accept: (id: string) => void;
  #id: string | undefined;

  /** Asks for a response by `body`, or follows the one of the id that is given instead. */
  constructor(place: Place, asked: object | string, onFrame: () => void = () => {}) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.accepted = promise;
    this.#accept = resolve;
    this.#place = place;
    this.#onFrame = onFrame;
    if (typeof asked === "string") this.#named(asked);
    this.over = this.#follow(typeof asked === "string" ? {} : asked);
  }

  /** What it has seen, as it was on the wire. */
  get bytes(): string {
    return joinFrames(this.frames);
  }

  async #follow(body: object): Promise<void> {
    let last = -1;
    for (;;) {
      const base = await this.#place.up();
      try {
        const reader =
          this.#id === undefined
            ? await EventReader.create(base, { background: true, ...body })
            : await EventReader.replay(base, this.#id, { after: last });
        for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
          this.frames.push(frame);
          this.#onFrame();
          if (frame.data === "[DONE]") return;
          last = reader.last;
          if (this.#id === undefined) this.#named(idOf(frame));
        }
      } catch (error) {
        // Envoy says so where the gateway is away; all else is an answer of the gateway.
        if (error instanceof NoStream && error.status !== 503) throw error;
      }
      this.breaks++;
    }
  }

  #named(id: string): void {
    this.#id = id;
    this.#accept(id);
  }
}

function idOf({ data }: SseEvent): string {
  const event = JSON.parse(data) as ResponseEvent;
  if (!("response" in event)) throw new Error(`the stream begins with ${event.type}`);
  return event.response.id;
}
