import { setTimeout as sleep } from "node:timers/promises";
import {
  defaultRetry,
  defaultTimeouts,
  fromErrorAnswer,
  garbage,
  type RetryPolicy,
  readErrorBody,
  type Timeouts,
  Upstream,
  type UpstreamExchange,
  withRetry,
} from "@gateway/backends";
import type { Embedder } from "@gateway/engine";
import { ApiError, internal } from "@gateway/protocol";
import { closedEmbedder } from "./closed-embedder.ts";
import { parseEmbeddingsAnswer } from "./embeddings-answer.ts";

/** Settings of {@link openServerEmbedder}; what is left out has a default. */
export interface ServerEmbedderOptions {
  /** Name of the server in the configuration. */
  name: string;
  /** Base address of an OpenAI-compatible API, normally ending in `/v1`. */
  url: string;
  /** API key; sent as bearer token and never shown. */
  key?: string | undefined;
  /** Further headers for every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The model's name as the server knows it. */
  model: string;
  /** Limits in milliseconds, each for one request to the server. */
  timeouts?: Partial<Timeouts> | undefined;
  /** Three attempts when left out. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Most texts in one request; 32 when left out. */
  batchSize?: number | undefined;
  /** Longest `Retry-After` that a call for documents waits out, in milliseconds; 30,000 when left out. */
  patienceMs?: number | undefined;
}

/** Longest answer that is read: 32 vectors of 8,192 numbers in full decimals are about 6 MiB. */
const longestAnswer = 64 * 1024 * 1024;
/** How often a call for documents waits out a `Retry-After` that is too long for a query. */
const longWaits = 2;
/** Statuses by which servers refuse a request for one of its texts, or for their number. */
const aboutTexts: readonly number[] = [400, 413, 422];
/** llama.cpp's word for a text beyond its batch of tokens; it comes with status 500 and would only come again. */
const tooLarge = /too large to process|physical batch size/i;

/**
 * Opens an OpenAI-compatible server as embedder: `POST {url}/embeddings`. Nothing is sent before the first call.
 * Throws a TypeError where the URL is no http or https URL.
 *
 * A call is sent in batches, one after another. A batch that the server refuses for its texts is sent again in
 * halves, so that a limit on the number of texts does no harm and a text that is refused is named. Texts are never
 * cut. `embed` rejects with these codes: `embedding_refused` (the server will not take one of the texts; the message
 * says which, and what it said), `embedding_failed` (it refused the request for another reason),
 * `upstream_auth`, `upstream_unreachable`, `upstream_timeout`, `upstream_error`, `upstream_misconfigured`,
 * `upstream_garbage` (the answer is not what was asked for), and with status 429 when the server stays over its limit.
 */
export function openServerEmbedder(options: ServerEmbedderOptions): Embedder {
  return new ServerEmbedder(options);
}

class ServerEmbedder implements Embedder {
  readonly model: string;
  readonly batchSize: number;
  readonly #options: ServerEmbedderOptions;
  readonly #timeouts: Timeouts;
  readonly #retry: RetryPolicy;
  readonly #upstream: Upstream;
  readonly #closing = new AbortController();

  constructor(options: ServerEmbedderOptions) {
    this.#options = options;
    this.model = `${options.name}/${options.model}`;
    this.batchSize = options.batchSize ?? 32;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#retry = { ...defaultRetry, attempts: 3, ...options.retry };
    this.#upstream = new Upstream({ ...options, timeouts: this.#timeouts });
  }

  async embed(
    texts: readonly string[],
    kind: "document" | "query",
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    const vectors: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += this.batchSize) {
      // One batch after another: a server with one model gains nothing from more, and its limit is reached later.
      const batch = texts.slice(at, at + this.batchSize);
      for (const vector of await this.#embedBatch(batch, {
        kind,
        signal: either,
        first: at,
        all: texts.length,
      })) {
        const expected = vectors[0]?.length ?? vector.length;
        if (vector.length !== expected) {
          throw garbage(this.#options.name, `vectors of ${expected} and of ${vector.length} numbers`);
        }
        vectors.push(vector);
      }
    }
    return vectors;
  }

  async close(): Promise<void> {
    this.#closing.abort(closedEmbedder(this.model));
    await this.#upstream.close();
  }

  /** One batch, in halves where the server refuses it as a whole. */
  async #embedBatch(texts: readonly string[], part: Part): Promise<Float32Array[]> {
    const outcome = await this.#patiently(texts, part);
    if (Array.isArray(outcome)) return outcome;
    const half = Math.ceil(texts.length / 2);
    const head = await this.#embedBatch(texts.slice(0, half), part);
    const tail = await this.#embedBatch(texts.slice(half), { ...part, first: part.first + half });
    return [...head, ...tail];
  }

  /** A document has time: it waits where the server says for how long. Someone waits for the answer to a query. */
  async #patiently(texts: readonly string[], part: Part): Promise<Float32Array[] | "refused"> {
    for (let waits = 0; ; waits++) {
      try {
        const deadline = performance.now() + this.#timeouts.total;
        return await withRetry(this.#retry, part.signal, () => this.#ask(texts, part, deadline));
      } catch (thrown) {
        const wait = thrown instanceof ApiError ? (thrown.retryAfter ?? 0) * 1000 : 0;
        const patience = this.#options.patienceMs ?? 30_000;
        if (part.kind === "query" || waits >= longWaits || wait === 0 || wait > patience) throw thrown;
        await sleep(wait, undefined, { signal: part.signal }).catch(() => part.signal.throwIfAborted());
      }
    }
  }

  async #ask(texts: readonly string[], part: Part, deadline: number): Promise<Float32Array[] | "refused"> {
    const body = JSON.stringify({ model: this.#options.model, input: texts, encoding_format: "float" });
    const { signal } = part;
    const exchange = await this.#upstream.send({
      method: "POST",
      path: "/embeddings",
      body,
      deadline,
      signal,
    });
    if (exchange.status < 200 || exchange.status >= 300) return this.#refused(exchange, texts, part);
    const { text, complete } = await exchange.text(longestAnswer);
    if (!complete) throw garbage(this.#options.name, `more than ${longestAnswer} bytes`);
    try {
      return parseEmbeddingsAnswer(text, texts.length);
    } catch (thrown) {
      throw garbage(this.#options.name, thrown instanceof Error ? thrown.message : "no vectors", thrown);
    }
  }

  /** "refused" where fewer texts may be taken; throws everything else. */
  async #refused(exchange: UpstreamExchange, texts: readonly string[], part: Part): Promise<"refused"> {
    const { name, model, key } = this.#options;
    const { status, headers } = exchange;
    const body = await readErrorBody(exchange);
    const error = fromErrorAnswer({ status, headers, body }, { backend: name, model, secret: key });
    const overlong = error.code === "context_length_exceeded" || tooLarge.test(error.message);
    if ((error.status >= 500 && !overlong) || error.status === 429) throw error;
    const splits = overlong || (aboutTexts.includes(status) && error.code !== "model_not_found");
    if (texts.length > 1 && splits) return "refused";
    const subject = splits
      ? `text ${part.first + 1} of ${part.all}, which has ${texts[0]?.length} characters`
      : "the request";
    // Whoever calls the gateway asked for no embedding, so that the server's 400 or 404 is not theirs.
    throw internal(`The embedding server '${name}' refused ${subject} (status ${status}): ${error.message}`, {
      code: splits ? "embedding_refused" : "embedding_failed",
      cause: error,
    });
  }
}

/** What a batch is part of. */
interface Part {
  kind: "document" | "query";
  signal: AbortSignal;
  /** Where the batch begins within the call, and how many texts the call has. */
  first: number;
  all: number;
}
