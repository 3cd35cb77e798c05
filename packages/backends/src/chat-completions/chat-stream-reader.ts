import { StringDecoder } from "node:string_decoder";
import type { ModelDelta } from "@gateway/engine";
import { type ApiError, internal } from "@gateway/protocol";
import { createParser, type EventSourceMessage, type EventSourceParser } from "eventsource-parser";
import { fromUnreadable, garbage } from "../upstream/upstream-errors.ts";
import type { ChatChunk } from "./chat-chunk.ts";
import { ContentTemplate } from "./content-template.ts";
import { type ChunkOptions, ChunkReader } from "./from-chat-chunk.ts";
import { plainTokenOf } from "./plain-chunk.ts";

/** How one answer is read. */
export interface ChatStreamOptions extends ChunkOptions {
  /** Name of the backend, for errors. */
  backend: string;
  /** Makes an ApiError of an error that the server sends in its stream. */
  toError: (error: unknown) => ApiError;
}

/** Longest event of a stream, in characters. */
export const longestEvent = 8 * 1024 * 1024;

/**
 * Reads one streamed chat completion: bytes in, deltas out, without I/O. Bytes may be cut anywhere. Nothing is
 * thrown: a fault is kept in {@link failure}, so that what came before it is not lost.
 */
export class ChatStreamReader {
  readonly #options: ChatStreamOptions;
  readonly #decoder = new StringDecoder("utf8");
  readonly #parser: EventSourceParser;
  readonly #chunks: ChunkReader;
  readonly #template = new ContentTemplate();
  #out: ModelDelta[] = [];
  #events = 0;
  #bytes = 0;
  #closing = false;
  #done = false;
  #failure: ApiError | undefined;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
    this.#chunks = new ChunkReader(options);
    this.#parser = createParser({
      maxBufferSize: longestEvent,
      onEvent: (event) => this.#guard(() => this.#readEvent(event)),
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded")
          this.#failure ??= this.#garbage("an event larger than 8 MiB");
      },
    });
  }

  /** True after the end mark: what follows says nothing. */
  get done(): boolean {
    return this.#done;
  }

  /** True when the model has said why it stopped: a connection that breaks now takes nothing away. */
  get finished(): boolean {
    return this.#chunks.finished;
  }

  /** What went wrong, once something has. Nothing is read any more. */
  get failure(): ApiError | undefined {
    return this.#failure;
  }

  /** The deltas that one read brought. */
  push(bytes: Uint8Array): ModelDelta[] {
    if (!this.#done && this.#failure === undefined) {
      this.#bytes += bytes.length;
      this.#parser.feed(this.#decoder.write(bytes as Buffer));
    }
    return this.#take();
  }

  /** The last deltas, when the connection has ended. An answer that was not complete is a `failure`. */
  end(): ModelDelta[] {
    if (!this.#done && this.#failure === undefined) {
      // Some servers forget the empty line after their last event.
      this.#closing = true;
      this.#parser.feed(`${this.#decoder.end()}\n\n`);
      if (!this.#done && this.#failure === undefined) this.#close();
    }
    return this.#take();
  }

  #readEvent({ event, data }: EventSourceMessage): void {
    if (this.#done || this.#failure !== undefined || data === "") return;
    this.#events += 1;
    const plain = this.#chunks.plain;
    const token = plain ? this.#template.match(data) : undefined;
    if (token !== undefined) {
      if (token !== "") this.#out.push({ kind: "text", text: token });
      return;
    }
    if (data.trim() === "[DONE]") {
      this.#readDone();
      return;
    }
    const chunk = this.#parse(data);
    if (chunk === undefined) return;
    if (chunk.error != null || event === "error") throw this.#options.toError(chunk);
    if ((chunk as { object?: unknown }).object === "error") throw this.#options.toError(chunk);
    this.#chunks.read(chunk, this.#out);
    if (!plain) return;
    const learnt = plainTokenOf(chunk);
    if (learnt !== undefined) this.#template.learn(data, learnt);
  }

  /** The chunk, or undefined where the connection was cut inside it. */
  #parse(data: string): ChatChunk | undefined {
    try {
      const chunk: unknown = JSON.parse(data);
      if (typeof chunk === "object" && chunk !== null) return chunk as ChatChunk;
    } catch {
      if (this.#closing) return undefined;
    }
    throw this.#garbage("an event that is no JSON object");
  }

  /** The end mark says that all is well, but an answer of nothing at all is none. */
  #readDone(): void {
    if (this.#events === 1) throw this.#cut();
    this.#done = true;
    this.#chunks.end(this.#out);
  }

  #close(): void {
    this.#guard(() => {
      if (!this.#chunks.finished) {
        throw this.#events === 0 && this.#bytes > 0 ? this.#garbage("no events") : this.#cut();
      }
      this.#done = true;
      this.#chunks.end(this.#out);
    });
  }

  #guard(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      this.#failure ??= fromUnreadable(thrown, this.#options.backend);
    }
  }

  #cut(): ApiError {
    const { backend } = this.#options;
    return internal(`The backend '${backend}' ended its answer before it was complete.`, {
      code: "upstream_cut",
    });
  }

  #garbage(what: string): ApiError {
    return garbage(this.#options.backend, what);
  }

  #take(): ModelDelta[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}
