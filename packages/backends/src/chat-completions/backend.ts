import type { ImageMaker, ModelBackend, ModelDelta, ModelInfo, ModelTurn, TokenCount } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { type GrammarParameter, GrammarSupport } from "../constrained/grammar-support.ts";
import { openConstrained } from "../constrained/open-constrained.ts";
import { openImagesEndpoint } from "../images/images-endpoint.ts";
import { ServerFacts } from "../server/server-facts.ts";
import { estimateChatTokens } from "../tokens/estimate-chat-tokens.ts";
import { ServerTokenizer } from "../tokens/server-tokenizer.ts";
import { defaultRetry, type RetryPolicy, withRetry } from "../upstream/retry.ts";
import { defaultTimeouts, type Timeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";
import { garbage } from "../upstream/upstream-errors.ts";
import type { UpstreamExchange } from "../upstream/upstream-exchange.ts";
import type { ChatRequest } from "./chat-request.ts";
import { type ChatStreamOptions, longestEvent } from "./chat-stream-reader.ts";
import { type ChatDialect, dialectFor } from "./dialect.ts";
import { fromChatCompletion } from "./from-chat-completion.ts";
import { type FaultContext, fromErrorAnswer, fromErrorChunk } from "./from-chat-error.ts";
import { fromChatStream } from "./from-chat-stream.ts";
import { fromModelList } from "./from-model-list.ts";
import { toChatRequest } from "./to-chat-request.ts";

/** Settings of {@link openChatBackend}; what is left out has a default. */
export interface ChatBackendOptions {
  /** The backend's name in the configuration. */
  name: string;
  /** Base address of an OpenAI-compatible API, normally ending in `/v1`. */
  url: string;
  /** API key; sent as bearer token and never shown. */
  key?: string | undefined;
  /** Further headers for every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** What differs from the dialect that the host name stands for ({@link dialectFor}). */
  dialect?: Partial<ChatDialect> | undefined;
  /** Limits in milliseconds. */
  timeouts?: Partial<Timeouts> | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  /** Most connections at a time, each of which carries one request; unlimited when left out. */
  connections?: number | undefined;
  /** Set where the server makes pictures, too: the model for them, or without one the caller's. */
  images?: { model?: string | undefined } | undefined;
  /** How it is told to hold a text to a grammar, or that it cannot be; found out when left out. */
  grammar?: GrammarParameter | "none" | undefined;
}

/** A model server behind `ModelBackend`, with connections of its own. */
export interface ChatBackend extends ModelBackend {
  /** Ends all calls and closes all connections. */
  close(): Promise<void>;
}

/** Longest error body that is read, in bytes. */
const longestError = 64 * 1024;
/** A list of models has to come within this time, in milliseconds. */
const listLimit = 5_000;

/**
 * Opens a model server that speaks chat completions. Nothing is sent before the first request. Throws a
 * TypeError where the URL is no http or https URL.
 */
export function openChatBackend(options: ChatBackendOptions): ChatBackend {
  return new ChatCompletionsBackend(options);
}

class ChatCompletionsBackend implements ChatBackend {
  readonly name: string;
  readonly images: ImageMaker | undefined;
  readonly fetchesImages: boolean;
  readonly #key: string | undefined;
  readonly #dialect: ChatDialect;
  readonly #timeouts: Timeouts;
  readonly #retry: RetryPolicy;
  readonly #upstream: Upstream;
  readonly #tokenizer: ServerTokenizer | undefined;
  readonly #facts: ServerFacts;
  readonly #grammars: GrammarSupport;

  constructor(options: ChatBackendOptions) {
    this.name = options.name;
    this.#key = options.key;
    this.#dialect = { ...dialectFor(options.url), ...options.dialect };
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#upstream = new Upstream({ ...options, timeouts: this.#timeouts });
    this.fetchesImages = this.#dialect.fetchesImages;
    this.images = this.#openImages(options.images);
    this.#tokenizer = this.#dialect.mayCountTokens
      ? new ServerTokenizer(this.#upstream, options.name)
      : undefined;
    this.#facts = new ServerFacts(this.#upstream);
    this.#grammars = new GrammarSupport(this.#facts, options.grammar);
  }

  async open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    signal.throwIfAborted();
    const request = toChatRequest(turn, this.#dialect);
    const send = (sent: ChatRequest) => this.#send(sent, turn, signal);
    return (await openConstrained(request, turn, this.#grammars, send, signal)) ?? send(request);
  }

  async #send(
    request: ChatRequest,
    turn: ModelTurn,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ModelDelta[]>> {
    const body = JSON.stringify(request);
    const deadline = performance.now() + this.#timeouts.total;
    return withRetry(this.#retry, signal, async () => {
      const exchange = await this.#upstream.send({
        method: "POST",
        path: "/chat/completions",
        body,
        deadline,
        signal,
      });
      await this.#checkStatus(exchange, turn.model);
      return this.#read(exchange, turn);
    });
  }

  async countTokens(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount> {
    signal.throwIfAborted();
    const request = toChatRequest(turn, this.#dialect);
    const counted = await this.#tokenizer?.count(request, signal);
    return counted ?? { tokens: await estimateChatTokens(request, signal), exact: false };
  }

  contextWindow(model: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#facts.contextWindow(model, signal);
  }

  async listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    const deadline = performance.now() + listLimit;
    const exchange = await this.#upstream.send({
      method: "GET",
      path: "/models",
      deadline,
      timeouts: { total: listLimit },
      signal,
    });
    await this.#checkStatus(exchange, undefined);
    const { text } = await exchange.text(longestEvent);
    const models = fromModelList(parseJson(text), this.name);
    if (models === undefined) throw garbage(this.name, "no list of models");
    return models;
  }

  async close(): Promise<void> {
    await this.#upstream.close();
  }

  #openImages(configured: ChatBackendOptions["images"]): ImageMaker | undefined {
    const { imageModel } = this.#dialect;
    if (configured === undefined && imageModel === undefined) return undefined;
    return openImagesEndpoint({
      backend: this.name,
      upstream: this.#upstream,
      timeouts: this.#timeouts,
      retry: this.#retry,
      key: this.#key,
      dialect: { model: configured?.model, usualModel: imageModel, asksBase64: imageModel === undefined },
    });
  }

  /** Throws what a client should see of a status that is not good. */
  async #checkStatus(exchange: UpstreamExchange, model: string | undefined): Promise<void> {
    const { status, headers } = exchange;
    if (status >= 200 && status < 300) return;
    const body = await readErrorBody(exchange);
    throw fromErrorAnswer({ status, headers, body }, this.#faultContext(model));
  }

  #read(exchange: UpstreamExchange, turn: ModelTurn): AsyncIterable<ModelDelta[]> {
    const options: ChatStreamOptions = {
      backend: this.name,
      thinkTags: this.#dialect.thinkTags,
      knownCallIds: () => callIdsOf(turn),
      toError: (error) => fromErrorChunk(error, this.#faultContext(turn.model)),
    };
    const type = exchange.headers["content-type"] ?? "";
    if (type.includes("json")) return readCompletion(exchange, options);
    if (type.includes("html")) {
      void exchange.return();
      throw garbage(this.name, "a web page. Its url may be that of a web interface");
    }
    return fromChatStream(exchange, options);
  }

  #faultContext(model: string | undefined): FaultContext {
    return { backend: this.name, model, secret: this.#key };
  }
}

/** Where the body of an error breaks off, its status still says enough. Throws only what is not an ApiError. */
async function readErrorBody(exchange: UpstreamExchange): Promise<string> {
  try {
    return (await exchange.text(longestError)).text;
  } catch (thrown) {
    if (thrown instanceof ApiError) return "";
    throw thrown;
  }
}

/** A server that ignores `stream` sends the whole answer at once. */
async function* readCompletion(
  exchange: UpstreamExchange,
  options: ChatStreamOptions,
): AsyncGenerator<ModelDelta[], void, undefined> {
  const { text, complete } = await exchange.text(longestEvent);
  if (!complete) throw garbage(options.backend, "more than 8 MiB");
  yield fromChatCompletion(text, options);
}

function* callIdsOf({ items }: ModelTurn): Generator<string, void, undefined> {
  for (const item of items) if (item.type === "function_call") yield item.call_id;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
