import type { ResponseEvent } from "@gateway/protocol";
import { type GatewayProcess, readSse, type SseEvent, waitFor } from "@gateway/testkit";
import { eventsOf, idOf, joinFrames } from "../background/event-reader.ts";
import { checkFrames, type ReadStream } from "../read-stream.ts";

/** What {@link postKeyed} sends besides the body; all may be left out. */
export interface KeyedPost {
  key?: string;
  /** The API key. */
  auth?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Posts to `/responses` of a base that ends in `/v1`, with an Idempotency-Key. */
export function postKeyed(
  base: string,
  body: object | string,
  { key, auth = "none", headers, signal }: KeyedPost = {},
): Promise<Response> {
  return fetch(`${base}/responses`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${auth}`,
      ...(key !== undefined && { "idempotency-key": key }),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify({ model: "scripted", input: "hi", ...body }),
    ...(signal && { signal }),
  });
}

/** Whether an answer says that it was given before. */
export function isReplay({ headers }: Response): boolean {
  return headers.get("idempotent-replayed") === "true";
}

/** Reads a stream to its end, held to the grammar and to the official client; gives its bytes too. */
export async function readWhole(response: Response): Promise<ReadStream & { bytes: string }> {
  const frames = [];
  for await (const frame of readSse(response)) frames.push(frame);
  return { ...(await checkFrames(frames)), bytes: joinFrames(frames) };
}

/** A stream that is read bit by bit, or is cut. */
export class KeyedStream {
  /** What has come so far. */
  readonly frames: SseEvent[] = [];
  readonly #source: AsyncGenerator<SseEvent, void, undefined>;

  constructor(response: Response) {
    this.#source = readSse(response);
  }

  /** Reads on to an event of that type. @throws Error when the stream ends first. */
  async until(type: ResponseEvent["type"]): Promise<void> {
    do {
      const { value } = await this.#source.next();
      if (!value) throw new Error(`the stream ended before ${type}`);
      this.frames.push(value);
    } while (this.frames.at(-1)?.event !== type);
  }

  /** Reads on to the end and gives all that has come, as it was on the wire. @throws what the body throws when it is cut. */
  async rest(): Promise<string> {
    for await (const frame of this.#source) this.frames.push(frame);
    return joinFrames(this.frames);
  }

  /** The events that have come. */
  get events(): ResponseEvent[] {
    return eventsOf(this.frames);
  }

  /** The response's id, once its first event has come. */
  get id(): string {
    return idOf(this.events);
  }
}

/** Resolves when the gateway has read so many requests since it began. */
export async function hasRead(gateway: GatewayProcess, requests: number): Promise<void> {
  await waitFor(() => gateway.logs().filter(({ msg }) => msg === "processing request").length >= requests, {
    what: `${requests} requests to be read`,
  });
}
