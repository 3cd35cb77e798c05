import {
  type CreateRequest,
  newId,
  type ResponseEvent,
  type ResponseObject,
  toVisibleResponse,
  unprocessable,
} from "@gateway/protocol";
import type { EngineDeps } from "../engine-deps.ts";
import { withSealedThoughts } from "../reasoning/seal-thoughts.ts";
import { hasAnswer } from "../stores.ts";
import { tellResponse } from "../tell-response.ts";
import type { Claim, IdempotencyStore, RequestKey } from "./idempotency-store.ts";
import { KeyedRun } from "./keyed-run.ts";

/** What {@link IdempotentRequests} works with. */
export interface IdempotencyDeps extends Pick<EngineDeps, "responses" | "sealer" | "now"> {
  idempotency: IdempotencyStore;
  /** Is told of faults that the client does not see, for the log. */
  onFault(message: string, cause: unknown): void;
}

/** A create request that has a key. */
export interface KeyedRequest {
  key: RequestKey;
  /** Equal for two requests that ask for the same. */
  bodyHash: string;
  request: CreateRequest;
}

/** How a request is to be answered. */
export type Entrance =
  /** By making the response. The run has to come to its end, whatever happens: others may wait for it. */
  | { run: KeyedRun }
  /** By the events of a stored response, those to come included. */
  | { follow: string }
  /** By these events: they tell an answer that is not stored, each text in one piece. */
  | { events: ResponseEvent[] }
  /** By a response as it is: it has ended, or goes on in the background. */
  | { answer: ResponseObject };

/**
 * Answers all requests of a key by one response, also those that come to a process that has taken over the store of
 * another. A claim is written before the response is begun, and counts for as long as somebody works on the response or
 * there is an answer. Who works on it is known to this process alone: one process holds a store at a time, so whatever
 * it is not making itself, nobody is.
 *
 * - A response that is completed or incomplete is the answer, and so is one that goes on in the background.
 * - One that this process is making is followed, or waited for.
 * - Any other has no answer to give: it has failed, was cancelled because its client left, is gone, or was never begun.
 *   An answer that says no more than "that went wrong" is not what a client tries again for, so the claim passes to
 *   whoever asks next.
 */
export class IdempotentRequests {
  readonly #deps: IdempotencyDeps;
  /** What this process is making or wants to make, by the id of the response. */
  readonly #runs = new Map<string, KeyedRun>();

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
  }

  /**
   * Tells how to answer a request; waits while another request makes the answer. Throws a 422 {@link ApiError} where the
   * key is that of another request, and the signal's reason when it is aborted meanwhile.
   */
  async enter({ key, bodyHash, request }: KeyedRequest, signal: AbortSignal): Promise<Entrance> {
    const { idempotency, now } = this.#deps;
    const run = this.#open(key);
    let isClaimed = false;
    try {
      let replaced: string | undefined;
      for (;;) {
        signal.throwIfAborted();
        const claim = { responseId: run.responseId, bodyHash };
        const existing = await idempotency.claim(key, claim, Math.floor(now() / 1000), replaced);
        if (existing === undefined) {
          isClaimed = true;
          return { run };
        }
        const live = this.#runs.get(existing.responseId);
        const answer = live === undefined ? await this.#answerOf(key.tenant, existing) : undefined;
        if (live === undefined && answer === undefined) {
          replaced = existing.responseId;
          continue;
        }
        if (existing.bodyHash !== bodyHash) throw reused(key.key);
        if (answer !== undefined) {
          const isKept = existing.answer !== undefined;
          return isKept ? tellKept(answer, request) : this.#showStored(answer, request, key.tenant);
        }
        if (live !== undefined && (await this.#mayFollow(live, request, signal))) {
          return { follow: live.responseId };
        }
      }
    } finally {
      if (!isClaimed) run.end();
    }
  }

  /** Forgets the keys of a response that was deleted. True when an answer was kept that is not stored elsewhere. */
  forget(tenant: string, responseId: string): Promise<boolean> {
    return this.#deps.idempotency.forget(tenant, responseId);
  }

  /** Enters a run before it has a claim: whoever then finds the claim finds the run. */
  #open(key: RequestKey): KeyedRun {
    const id = newId("resp");
    const run = new KeyedRun(
      id,
      (response) => this.#keep(key, response),
      () => void this.#runs.delete(id),
    );
    this.#runs.set(id, run);
    return run;
  }

  /** Waits for a run that another request has begun: true as soon as its events can be followed, false at its end. */
  async #mayFollow(live: KeyedRun, request: CreateRequest, signal: AbortSignal): Promise<boolean> {
    if (request.stream === true && (await orLeft(live.begun, signal)) && this.#runs.has(live.responseId)) {
      return true;
    }
    await orLeft(live.over, signal);
    return false;
  }

  /** The answer that a claim leads to; undefined where there is none. */
  async #answerOf(tenant: string, { responseId, answer }: Claim): Promise<ResponseObject | undefined> {
    const { responses, sealer } = this.#deps;
    if (answer !== undefined) {
      const opened = sealer.open(answer, contextOf(tenant, responseId));
      // Sealed by a key that the server no longer has: nobody can read it any more.
      return "text" in opened ? (JSON.parse(opened.text) as ResponseObject) : undefined;
    }
    const response = (await responses.get(tenant, responseId))?.response;
    if (response === undefined) return undefined;
    const goesOn = response.background && (response.status === "queued" || response.status === "in_progress");
    return goesOn || hasAnswer(response) ? response : undefined;
  }

  /** A stored answer as the first request was given it. */
  #showStored(stored: ResponseObject, { stream, include = [] }: CreateRequest, tenant: string): Entrance {
    if (stream === true) return { follow: stored.id };
    const response = withSealedThoughts(stored, include, tenant, this.#deps);
    return { answer: toVisibleResponse(response, include) };
  }

  /** Never rejects: an answer that cannot be kept is given all the same, and is made again for the next request. */
  async #keep(key: RequestKey, response: ResponseObject): Promise<void> {
    const { idempotency, sealer, onFault } = this.#deps;
    try {
      const sealed = sealer.seal(JSON.stringify(response), contextOf(key.tenant, response.id));
      await idempotency.complete(key, response.id, sealed);
    } catch (thrown) {
      onFault("the answer to a request with an idempotency key was not kept", thrown);
    }
  }
}

/** A kept answer as the first request was given it: what it was not to be shown is not in there. */
function tellKept(answer: ResponseObject, { stream, include = [] }: CreateRequest): Entrance {
  if (stream !== true) return { answer };
  return { events: tellResponse(answer, [...include, "reasoning.encrypted_content"]) };
}

/** Binds what is sealed to its tenant and response. */
function contextOf(tenant: string, responseId: string): string {
  return JSON.stringify(["idempotent answer", tenant, responseId]);
}

function reused(key: string) {
  return unprocessable(
    `The Idempotency-Key '${key}' was used for a request with another body. Send the same body to get the same answer, or use a new key.`,
    { code: "idempotency_key_reused" },
  );
}

/** What the promise gives. Rejects with the signal's reason when that is aborted before. */
function orLeft<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then((value) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    });
  });
}
