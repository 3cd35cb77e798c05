import { ApiError, newId, type ResponseObject } from "@gateway/protocol";
import type { SteerFrame } from "./parse-frame.ts";
import { parseSteerInput, type SteerMessage } from "./parse-steer-input.ts";
import type { SteerErrorCode, SteerEvent } from "./render-frames.ts";
import { requiredInput } from "./required-input.ts";

/** Input that was accepted and is not part of a response yet. */
export interface Steer {
  id: string;
  previousResponseId: string;
  /** As it was sent. */
  input: unknown;
  messages: readonly SteerMessage[];
  /** Of the message that brought it. */
  bytes: number;
}

/** A response that is being made and may be steered. */
export interface SteerTarget {
  id: string;
  streamId: string | undefined;
  /** The body it was asked for with, but what is new in each request. */
  settings: Readonly<Record<string, unknown>>;
  /** Why it cannot be steered; undefined where it can. */
  unsteerable: string | undefined;
  /** Tells the engine that the caller wants to say something else. */
  steer: AbortController;
}

/** What follows a response by itself. */
export interface Successor {
  body: Record<string, unknown>;
  /** What it commits. */
  steers: readonly Steer[];
}

/** Limits and the way out of {@link Steering}. */
export interface SteeringOptions {
  maxSteers: number;
  /** All that is accepted and not committed, in bytes. */
  maxBytes: number;
  tell(event: SteerEvent, streamId: string | undefined): void;
}

/** Responses that have ended and are remembered, so that steering them gets the right error. */
const maxEnded = 64;

/**
 * The steering of one connection (API reference, "response.steer"). Input that is accepted becomes, in its order, the
 * input of a response that follows the one it was said to: by itself, or where the caller owes the outputs of calls, with
 * the request that brings them. What does not come to that is given back.
 */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #active = new Map<string, SteerTarget & { steers: Steer[] }>();
  readonly #ended = new Map<string, { completed: boolean; streamId: string | undefined }>();
  /** What waits for its caller's outputs, by response. */
  readonly #parked = new Map<string, { streamId: string | undefined; steers: readonly Steer[] }>();
  #count = 0;
  #bytes = 0;

  constructor(options: SteeringOptions) {
    this.#options = options;
  }

  /** A response has begun. */
  begin(target: SteerTarget): void {
    this.#active.set(target.id, { ...target, steers: [] });
  }

  /** Takes what the caller says to a response, or says why not. */
  submit(frame: SteerFrame, bytes: number): void {
    const { previousResponseId, input } = frame;
    const target = this.#active.get(previousResponseId);
    const streamId = (target ?? this.#ended.get(previousResponseId))?.streamId;
    const refusal = this.#whyNot(previousResponseId, target, bytes);
    let messages: SteerMessage[] = [];
    let invalid: string | undefined;
    try {
      messages = parseSteerInput(frame);
    } catch (thrown) {
      invalid = ApiError.from(thrown).message;
    }
    if (target === undefined || refusal !== undefined || invalid !== undefined) {
      const steer = { previous_response_id: previousResponseId, input };
      const [code, message] = refusal ?? (["invalid_input", invalid ?? ""] as const);
      this.#tellFailed(steer, code, message, streamId);
      return;
    }
    const accepted: Steer = { id: newId("steer"), previousResponseId, input, messages, bytes };
    target.steers.push(accepted);
    this.#count++;
    this.#bytes += bytes;
    const named = { id: accepted.id, previous_response_id: previousResponseId };
    this.#options.tell({ type: "response.steer.accepted", steer: named }, streamId);
    target.steer.abort();
  }

  /** Why a response cannot be said anything more; undefined where it can. */
  #whyNot(
    id: string,
    target: SteerTarget | undefined,
    bytes: number,
  ): readonly [SteerErrorCode, string] | undefined {
    if (target === undefined) {
      const ended = this.#ended.get(id);
      if (ended === undefined)
        return ["response_not_found", `Response '${id}' was not made on this connection.`];
      if (ended.completed) return ["response_already_completed", `Response '${id}' has been completed.`];
      return ["response_not_active", `Response '${id}' has ended.`];
    }
    if (target.unsteerable !== undefined) return ["steering_not_supported", target.unsteerable];
    const { maxSteers, maxBytes } = this.#options;
    if (this.#count >= maxSteers || this.#bytes + bytes > maxBytes)
      return ["too_many_pending_steers", "Too much input waits for responses of this connection already."];
    return undefined;
  }

  /**
   * A response has ended, with `response` as it is then, or undefined where it has no answer that could be continued.
   * Gives what is to follow it.
   */
  end(id: string, response: ResponseObject | undefined): Successor | undefined {
    const target = this.#active.get(id);
    if (target === undefined) return undefined;
    this.#active.delete(id);
    const { streamId, settings, steers } = target;
    this.#ended.set(id, { completed: response?.status === "completed", streamId });
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= maxEnded) break;
      this.#ended.delete(oldest);
    }
    if (steers.length === 0) return undefined;
    if (response === undefined) {
      this.fail(steers, "The response that was to be continued has failed.", streamId);
      return undefined;
    }
    const required = requiredInput(response.output);
    if (required.length === 0) {
      const body = { ...settings, previous_response_id: id, input: toInput(steers) };
      return { body, steers };
    }
    this.#parked.set(id, { streamId, steers });
    for (const { id: steerId, previousResponseId } of steers) {
      const steer = { id: steerId, previous_response_id: previousResponseId };
      const reason = "waiting_for_required_input";
      const { tell } = this.#options;
      tell({ type: "response.steer.pending", steer, reason, required_input: required }, streamId);
    }
    return undefined;
  }

  /** Takes what waits for a request that continues `responseId` in this lane; it is for that request to commit it, fail it or {@link unclaim} it. */
  claim(responseId: unknown, streamId: string | undefined): readonly Steer[] {
    if (typeof responseId !== "string") return [];
    const parked = this.#parked.get(responseId);
    if (parked === undefined || parked.streamId !== streamId) return [];
    this.#parked.delete(responseId);
    return parked.steers;
  }

  /** Lets what was {@link claim}ed wait on: the request was at fault, and its client may send it again. */
  unclaim(responseId: unknown, streamId: string | undefined, steers: readonly Steer[]): void {
    if (typeof responseId === "string" && steers.length > 0)
      this.#parked.set(responseId, { streamId, steers });
  }

  /** Gives back all that waits for requests: none will come any more. */
  giveUp(message: string): void {
    for (const { steers, streamId } of this.#parked.values()) this.fail(steers, message, streamId);
    this.#parked.clear();
  }

  /** The response that has these as its input has begun. */
  commit(steers: readonly Steer[]): void {
    for (const { bytes } of steers) {
      this.#count--;
      this.#bytes -= bytes;
    }
  }

  /** Gives back what does not become a response. */
  fail(steers: readonly Steer[], message: string, streamId: string | undefined): void {
    this.commit(steers);
    for (const { id, previousResponseId, input } of steers) {
      const steer = { id, previous_response_id: previousResponseId, input };
      this.#tellFailed(steer, "successor_creation_failed", message, streamId);
    }
  }

  #tellFailed(
    steer: { id?: string; previous_response_id: string; input: unknown },
    code: SteerErrorCode,
    message: string,
    streamId: string | undefined,
  ): void {
    const error = { type: "invalid_request_error" as const, code, message };
    this.#options.tell({ type: "response.steer.failed", error, steer }, streamId);
  }
}

/** What was said, in its order, as the input of a request. */
export function toInput(steers: readonly Steer[]): SteerMessage[] {
  return steers.flatMap(({ messages }) => messages);
}
