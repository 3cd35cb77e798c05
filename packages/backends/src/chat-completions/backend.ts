import type { ImageMaker, ModelBackend, ModelDelta, ModelInfo, ModelTurn, TokenCount } from "@gateway/engine";
import { type GrammarParameter, GrammarSupport } from "../constrained/grammar-support.ts";
import { openConstrained } from "../constrained/open-constrained.ts";
import { openImagesEndpoint } from "../images/images-endpoint.ts";
import { ServerFacts } from "../server/server-facts.ts";
import { estimateChatTokens } from "../tokens/estimate-chat-tokens.ts";
import { ServerTokenizer } from "../tokens/server-tokenizer.ts";
import { toLimitHeaders } from "../upstream/limit-headers.ts";
import { defaultRetry, type RetryPolicy, withRetry } from "../upstream/retry.ts";
import { defaultTimeouts, type Timeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";
import { garbage } from "../upstream/upstream-errors.ts";
import type { ChatRequest } from "./chat-request.ts";
import { longestEvent } from "./chat-stream-reader.ts";
import { checkStatus } from "./check-status.ts";
import { type ChatDialect, dialectFor } from "./dialect.ts";
import type { FaultContext } from "./from-chat-error.ts";
import { fromModelList } from "./from-model-list.ts";
import { readAnswer } from "./read-answer.ts";
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
      const context = this.#faultContext(turn.model);
      await checkStatus(exchange, context);
      const limits = turn.onLimits && toLimitHeaders(exchange.headers);
      if (limits !== undefined) turn.onLimits?.(limits);
      return readAnswer(exchange, turn, this.#dialect, context);
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
    await checkStatus(exchange, this.#faultContext(undefined));
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

  #faultContext(model: string | undefined): FaultContext {
    return { backend: this.name, model, secret: this.#key };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
