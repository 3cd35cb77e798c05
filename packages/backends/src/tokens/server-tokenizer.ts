import { ApiError } from "@gateway/protocol";
import type { ChatRequest } from "../chat-completions/chat-request.ts";
import { fromErrorAnswer } from "../chat-completions/from-chat-error.ts";
import { askServer, type Reply } from "../server/ask-server.ts";
import { unlessAborted } from "../server/unless-aborted.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Ask, type Counted, isCounted, type TokenCounter, tokenCounters } from "./token-counters.ts";

/** How long the server may take, in milliseconds, before it is done without. */
const patience = 2_000;
/** A server that has no tokenizer is asked again after this time, in milliseconds. */
const absenceAge = 5 * 60_000;
/** A server that did not say whether it has one, after this time: it was starting, busy or gone. */
const doubtAge = 10_000;

/** What is known of a server: how it counts, or until when (milliseconds of the clock) it is taken not to. */
type Knowledge = { counter: TokenCounter } | { absentUntil: number };

/**
 * Counts with a model server's own tokenizer. Which of the ways a server knows is found out with a request of one
 * word and remembered; it is forgotten when the server no longer answers that way or cannot be reached, since
 * another may have taken its place. A server that was too slow once is not asked for a while.
 */
export class ServerTokenizer {
  readonly #upstream: Upstream;
  readonly #backend: string;
  readonly #now: () => number;
  #knowledge: Knowledge = { absentUntil: Number.NEGATIVE_INFINITY };
  #probing: Promise<void> | undefined;

  /** `backend` is the server's name; `now` a clock in milliseconds. */
  constructor(upstream: Upstream, backend: string, now: () => number = () => performance.now()) {
    this.#upstream = upstream;
    this.#backend = backend;
    this.#now = now;
  }

  /**
   * The tokens of a chat request; undefined where the server does not count or does not do it in time. Throws the
   * signal's reason once it is aborted, and nothing else.
   */
  async count(request: ChatRequest, signal: AbortSignal): Promise<Counted | undefined> {
    const counter = await this.#findCounter(request.model, signal);
    if (counter === undefined) return undefined;
    try {
      const answer = await counter.count(request, this.#ask(signal));
      if (isCounted(answer)) return answer;
      // A 400 is about this request: its template, say, will not have it.
      if (answer.status !== 400 && !this.#tellsNothing(answer, request.model)) this.#forget(counter);
    } catch (thrown) {
      signal.throwIfAborted();
      // One that is too slow would hold up the next count, too, and a request may need several.
      if (isTimeout(thrown)) this.#knowledge = { absentUntil: this.#now() + doubtAge };
      else this.#forget(counter);
    }
    return undefined;
  }

  async #findCounter(model: string, signal: AbortSignal): Promise<TokenCounter | undefined> {
    signal.throwIfAborted();
    if ("absentUntil" in this.#knowledge && this.#now() >= this.#knowledge.absentUntil) {
      // Callers share the question: one that leaves does not end it for the others.
      this.#probing ??= this.#learn(model);
      await unlessAborted(this.#probing, signal);
    }
    return "counter" in this.#knowledge ? this.#knowledge.counter : undefined;
  }

  /** Never rejects. */
  async #learn(model: string): Promise<void> {
    this.#knowledge = await this.#probe(model);
    this.#probing = undefined;
  }

  /** Tries all ways at the same time. Never rejects. */
  async #probe(model: string): Promise<Knowledge> {
    // A server that takes any address for chat should not write much.
    const request = { model, messages: [{ role: "user", content: "Hi" }], max_tokens: 1 } as unknown;
    const ask = this.#ask(AbortSignal.timeout(patience));
    const answers = await Promise.allSettled(
      tokenCounters.map((counter) => counter.count(request as ChatRequest, ask)),
    );
    let doubt = false;
    for (const [index, counter] of tokenCounters.entries()) {
      const answer = answers[index];
      if (answer?.status !== "fulfilled") doubt = true;
      else if (isCounted(answer.value)) return { counter };
      else doubt ||= this.#tellsNothing(answer.value, model);
    }
    return { absentUntil: this.#now() + (doubt ? doubtAge : absenceAge) };
  }

  #ask(signal: AbortSignal): Ask {
    return (question) => askServer(this.#upstream, { method: "POST", ...question, limit: patience, signal });
  }

  /** Whether a reply leaves open if the server knows the way: it is at its limit, in trouble, or lacks the model. */
  #tellsNothing({ status, text: body }: Reply, model: string): boolean {
    if (status === 429 || (status >= 500 && status !== 501)) return true;
    if (status !== 404) return false;
    const context = { backend: this.#backend, model, secret: undefined };
    return fromErrorAnswer({ status, headers: {}, body }, context).code === "model_not_found";
  }

  #forget(counter: TokenCounter): void {
    // Another call may have found out something newer by now.
    if ("counter" in this.#knowledge && this.#knowledge.counter === counter) {
      this.#knowledge = { absentUntil: Number.NEGATIVE_INFINITY };
    }
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.code === "upstream_timeout";
}
