import type { Embedder } from "@gateway/engine";
import { type ApiError, internal } from "@gateway/protocol";
import { closedEmbedder } from "./closed-embedder.ts";
import { EmbedChild } from "./embed-child.ts";
import type { FromChild } from "./embed-messages.ts";
import { findEmbedProcess } from "./embed-process-file.ts";

/** Settings of {@link openEmbeddedEmbedder}; what is left out has a default. */
export interface EmbeddedEmbedderOptions {
  /** The process is ended after this many milliseconds without a call; five minutes when left out. */
  idleMs?: number | undefined;
  /** A process that works on a call and gives no sign for this many milliseconds is ended; a minute when left out. */
  timeoutMs?: number | undefined;
  /** File of the process's program, where it is not beside this module ({@link findEmbedProcess}). */
  processFile?: string | undefined;
  /** Hears that the process died, hung or could not load the model: for the log, also where a retry helps. */
  onFault?: ((fault: ApiError) => void) | undefined;
}

/** The model that comes along, in a process of its own. */
export interface EmbeddedEmbedder extends Embedder {
  /** The child process, where one runs. */
  readonly pid: number | undefined;
}

/** A call that is not answered yet. */
interface Call {
  id: number;
  texts: readonly string[];
  urgent: boolean;
  vectors: Float32Array[];
  missing: number;
  /** How many processes died working on it. */
  deaths: number;
  settle(outcome: Float32Array[] | { error: unknown }): void;
}

/** A call for a single text of at most this many characters is as urgent as a query. */
const shortText = 1_000;

/**
 * Opens the embedder that needs no server and no network: Universal Sentence Encoder lite, English, 512 numbers,
 * unit length. Longer texts than the model reads at once are read in windows, whose vectors are averaged.
 *
 * A child process holds the model: it starts with the first call, keeps this process alive only while there are
 * calls, is ended when idle and started anew when it dies, after which calls are made once more. Queries and single
 * short texts overtake other calls. `embed` rejects with the code `embedding_failed`.
 */
export function openEmbeddedEmbedder(options: EmbeddedEmbedderOptions = {}): EmbeddedEmbedder {
  return new ProcessEmbedder(options);
}

class ProcessEmbedder implements EmbeddedEmbedder {
  readonly model = "embedded/use-lite-512@1";
  readonly batchSize = 16;
  readonly #idleMs: number;
  readonly #timeoutMs: number;
  readonly #processFile: string | undefined;
  readonly #onFault: (fault: ApiError) => void;
  /** In the order in which they came. */
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #child: EmbedChild | undefined;
  #ending: Promise<void> | undefined;
  /** The call that the child works on, where it said so. */
  #working: number | undefined;
  /** Ends a child that hangs, or one that has nothing to do. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ idleMs = 300_000, timeoutMs = 60_000, processFile, onFault }: EmbeddedEmbedderOptions) {
    this.#idleMs = idleMs;
    this.#timeoutMs = timeoutMs;
    this.#processFile = processFile;
    this.#onFault = onFault ?? (() => {});
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async embed(
    texts: readonly string[],
    kind: "document" | "query",
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    signal.throwIfAborted();
    if (this.#closed) throw closedEmbedder(this.model);
    if (texts.length === 0) return [];
    const [only] = texts;
    const urgent = kind === "query" || (texts.length === 1 && only !== undefined && only.length <= shortText);
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array[]>();
    const id = ++this.#lastId;
    const onAbort = () => {
      this.#child?.send({ type: "cancel", id });
      this.#settle(id, { error: signal.reason });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const settle: Call["settle"] = (outcome) => {
      signal.removeEventListener("abort", onAbort);
      if ("error" in outcome) reject(outcome.error);
      else resolve(outcome);
    };
    this.#take({ id, texts, urgent, vectors: [], missing: texts.length, deaths: 0, settle });
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = closedEmbedder(this.model);
    for (const id of [...this.#calls.keys()]) this.#settle(id, { error });
    this.#end();
    await this.#ending;
  }

  #take(call: Call): void {
    this.#calls.set(call.id, call);
    if (this.#calls.size === 1) this.#child?.hold(true);
    if (this.#calls.size === 1) this.#watch();
    if (this.#child === undefined) this.#start();
    else this.#send(call);
  }

  /** Starts a child with all calls there are. */
  #start(): void {
    this.#working = undefined;
    this.#watch();
    try {
      this.#child = new EmbedChild(this.#processFile ?? findEmbedProcess(), {
        onMessage: (message) => this.#hear(message),
        onDeath: (why) => this.#onDeath(why),
      });
    } catch (thrown) {
      this.#giveUp(thrown instanceof Error ? thrown.message : String(thrown));
      return;
    }
    for (const call of this.#calls.values()) this.#send(call);
  }

  #send(call: Call): void {
    call.vectors = [];
    call.missing = call.texts.length;
    this.#child?.send({ type: "embed", id: call.id, texts: call.texts, urgent: call.urgent });
  }

  #hear(message: FromChild): void {
    if (this.#calls.size > 0) this.#timer?.refresh();
    if (message.type === "working") this.#working = message.id;
    else if (message.type === "vector") this.#keep(message.id, message.index, message.vector);
    else if (message.id === undefined) this.#giveUp(message.message);
    else this.#settle(message.id, { error: failed(`The embedded model failed: ${message.message}`) });
  }

  #keep(id: number, index: number, vector: Float32Array): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.vectors[index] = vector;
    call.missing -= 1;
    if (call.missing === 0) this.#settle(id, call.vectors);
  }

  #settle(id: number, outcome: Float32Array[] | { error: unknown }): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (this.#working === id) this.#working = undefined;
    call.settle(outcome);
    if (this.#calls.size > 0 || this.#child === undefined) return;
    this.#child.hold(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), this.#idleMs).unref();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const seconds = this.#timeoutMs / 1000;
      this.#end();
      this.#onDeath(`gave no sign for ${seconds} s`);
    }, this.#timeoutMs);
  }

  /** The call it worked on is to blame; where it did not come that far, every call is. */
  #onDeath(why: string): void {
    const fault = failed(`The process of the embedded model ${why}.`);
    this.#forget();
    const blamed = this.#working === undefined ? [...this.#calls.keys()] : [this.#working];
    for (const id of blamed) {
      const call = this.#calls.get(id);
      if (call !== undefined && ++call.deaths > 1) this.#settle(id, { error: fault });
    }
    this.#onFault(fault);
    if (this.#calls.size > 0) this.#start();
  }

  /** Nothing will work, now or with another process. */
  #giveUp(why: string): void {
    const fault = failed(
      `The embedded model cannot be loaded: ${why}. Install the gateway's packages again, or set 'embeddings' to a backend and a model.`,
    );
    this.#end();
    for (const id of [...this.#calls.keys()]) this.#settle(id, { error: fault });
    this.#onFault(fault);
  }

  #end(): void {
    this.#ending = this.#child?.end() ?? this.#ending;
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#child = undefined;
  }
}

function failed(message: string): ApiError {
  return internal(message, { code: "embedding_failed" });
}
