import { readSse, type SseEvent } from "@gateway/testkit";
import { post } from "../post.ts";

/** An open event stream that a test reads step by step. */
export class ClientStream {
  readonly response: Response;
  readonly #frames: AsyncGenerator<SseEvent, void, undefined>;

  constructor(response: Response) {
    this.response = response;
    this.#frames = readSse(response, { comments: true });
  }

  /** Posts a streaming request. @throws Error when the answer is no event stream. */
  static async open(url: string, body: object, init?: RequestInit): Promise<ClientStream> {
    return new ClientStream(await post(url, { ...body, stream: true }, init));
  }

  /** Reads on to the next event of that type; ": ping" is a comment. @throws Error when the stream ends first. */
  async until(type: string): Promise<SseEvent> {
    for (;;) {
      const { done, value } = await this.#frames.next();
      if (done) throw new Error(`the stream ended before ${type}`);
      if (value.event === type || (value.data === "" && value.raw.startsWith(type))) return value;
    }
  }

  /** Reads on to the first piece of text; gives the response's id. */
  async untilText(): Promise<string> {
    const created = await this.until("response.created");
    await this.until("response.output_text.delta");
    return (JSON.parse(created.data) as { response: { id: string } }).response.id;
  }

  /** Types of all events that are left, `[DONE]` included. @throws what the body throws when it is cut. */
  async rest(): Promise<string[]> {
    const types: string[] = [];
    for await (const { event, data } of this.#frames) if (data !== "") types.push(event ?? data);
    return types;
  }
}
