import type { ResponseEvent } from "@gateway/protocol";
import { readSse, type SseEvent } from "@gateway/testkit";

/** What a reader asks for; all may be left out. */
export interface ReplayOptions {
  /** The number of the last event that is not wanted any more. */
  after?: number | undefined;
  obfuscation?: boolean;
  /** The API key, where the gateway asks for one. */
  key?: string;
}

/** An answer that is no event stream. */
export class NoStream extends Error {
  override readonly name = "NoStream";
  readonly status: number;

  constructor(status: number, body: string) {
    super(`status ${status}: ${body}`);
    this.status = status;
  }
}

/** One client's reading of the events of a response, byte for byte; comments are passed over. */
export class EventReader {
  /** What has come so far, `[DONE]` included. */
  readonly frames: SseEvent[] = [];
  /** The number of the last event that has come; -1 before the first. */
  last = -1;
  readonly #source: AsyncGenerator<SseEvent, void, undefined>;
  readonly #leaving: AbortController;

  private constructor(source: AsyncGenerator<SseEvent, void, undefined>, leaving: AbortController) {
    this.#source = source;
    this.#leaving = leaving;
  }

  /** Posts a request with `stream: true`. `base` ends in `/v1`. @throws NoStream when the answer is none. */
  static create(base: string, body: object, key = "none"): Promise<EventReader> {
    return EventReader.#open(`${base}/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: "scripted", input: "hi", stream: true, ...body }),
    });
  }

  /** Asks for the events of a stored response. @throws NoStream when the answer is none. */
  static replay(
    base: string,
    id: string,
    { after, obfuscation, key = "none" }: ReplayOptions = {},
  ): Promise<EventReader> {
    const query = new URLSearchParams({ stream: "true" });
    if (after !== undefined) query.set("starting_after", String(after));
    if (obfuscation !== undefined) query.set("include_obfuscation", String(obfuscation));
    const headers = { authorization: `Bearer ${key}` };
    return EventReader.#open(`${base}/responses/${id}?${query}`, { headers });
  }

  static async #open(url: string, init: RequestInit): Promise<EventReader> {
    const leaving = new AbortController();
    const response = await fetch(url, { ...init, signal: leaving.signal });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
      throw new NoStream(response.status, await response.text());
    return new EventReader(readSse(response), leaving);
  }

  /** Reads one more frame; undefined at the end. @throws what the body throws when it is cut. */
  async next(): Promise<SseEvent | undefined> {
    const { value } = await this.#source.next();
    if (!value) return undefined;
    this.frames.push(value);
    const number = numberOf(value);
    if (number !== undefined) this.last = number;
    return value;
  }

  /** Reads on to an event of that type. @throws Error when the stream ends first. */
  async until(type: ResponseEvent["type"]): Promise<ResponseEvent> {
    for (;;) {
      const frame = await this.next();
      if (frame === undefined || frame.data === "[DONE]") throw new Error(`the stream ended before ${type}`);
      if (frame.event === type) return JSON.parse(frame.data) as ResponseEvent;
    }
  }

  /** Reads on to the end and gives all that has come, from the first frame on. */
  async rest(): Promise<string> {
    while ((await this.next()) !== undefined);
    return this.bytes;
  }

  /** Hangs up. Whoever is reading is told by an AbortError. */
  leave(): void {
    this.#leaving.abort();
  }

  /** What has come so far, as it was on the wire. */
  get bytes(): string {
    return joinFrames(this.frames);
  }

  /** What has come so far, without `[DONE]`. */
  get events(): ResponseEvent[] {
    return eventsOf(this.frames);
  }

  /** The response's id, once its first event has come. */
  get id(): string {
    return idOf(this.events);
  }

  /** What a reader from behind event `after` is to see, where this one has read from the beginning to the end. */
  bytesAfter(after: number): string {
    return joinFrames(this.frames.filter((frame) => (numberOf(frame) ?? Number.POSITIVE_INFINITY) > after));
  }
}

/** The id of the response that events tell of. @throws Error where none of it has come */
export function idOf([first]: readonly ResponseEvent[]): string {
  if (first === undefined || !("response" in first)) throw new Error("no event with the response has come");
  return first.response.id;
}

/** The events of frames, without `[DONE]`. */
export function eventsOf(frames: readonly SseEvent[]): ResponseEvent[] {
  return frames.flatMap(({ data }) => (data === "[DONE]" ? [] : [JSON.parse(data) as ResponseEvent]));
}

/** Frames as they were on the wire. */
export function joinFrames(frames: readonly SseEvent[]): string {
  return frames.map(({ raw }) => raw).join("");
}

/** The bytes of the events of a response behind number `after`, read to their end. */
export async function replayed(base: string, id: string, options: ReplayOptions = {}): Promise<string> {
  return (await EventReader.replay(base, id, options)).rest();
}

/** The number of an event; undefined for `[DONE]`. */
function numberOf({ data }: SseEvent): number | undefined {
  return data === "[DONE]" ? undefined : (JSON.parse(data) as ResponseEvent).sequence_number;
}
