import {
  type ApiError,
  parseCreateRequest,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";
import { expect } from "vitest";
import { openEvents } from "../follow-events.ts";
import { type Entrance, IdempotentRequests } from "../idempotency/idempotent-requests.ts";
import { MemoryIdempotencyStore } from "../idempotency/testing/memory-idempotency-store.ts";
import { respond } from "../respond.ts";
import { EngineWorld } from "./engine-world.ts";

/** What {@link IdempotentWorld.ask} sends besides the body. */
export interface Asked {
  key?: string;
  tenant?: string;
  signal?: AbortSignal;
  /** Aborted when the client leaves while its answer is made. */
  abort?: AbortController;
}

/** An engine that is asked with idempotency keys, as its HTTP routes do it. */
export class IdempotentWorld extends EngineWorld {
  readonly claims = new MemoryIdempotencyStore();
  readonly requests = new IdempotentRequests({
    ...this.deps(),
    idempotency: this.claims,
    onFault: (message) => void this.faults.push(message),
  });

  /** Tells how a request with these fields is to be answered. */
  enter(fields: Record<string, unknown> = {}, asked: Asked = {}): Promise<Entrance> {
    const { key = "k1", tenant = this.tenant, signal = new AbortController().signal } = asked;
    const { request } = parseCreateRequest({ model: "m", input: "hi", ...fields }, false);
    const keyed = { key: { tenant, path: "/v1/responses", key }, bodyHash: JSON.stringify(fields), request };
    return this.requests.enter(keyed, signal);
  }

  /** Asks; where the answer has to be made, it is begun and its batches are given. */
  async ask(
    fields: Record<string, unknown> = {},
    asked: Asked = {},
  ): Promise<Exclude<Entrance, { run: unknown }> | AsyncGenerator<ResponseEvent[], void, undefined>> {
    const entrance = await this.enter(fields, asked);
    if (!("run" in entrance)) return entrance;
    const { run } = entrance;
    const { request } = parseCreateRequest({ model: "m", input: "hi", ...fields }, false);
    const scope = {
      tenant: asked.tenant ?? this.tenant,
      responseId: run.responseId,
      abort: asked.abort ?? new AbortController(),
      onFailure: (error: ApiError) => void this.faults.push(error.message),
      onFault: (message: string) => void this.faults.push(message),
    };
    return run.watch(respond(request, scope, this.deps()));
  }

  /** Goes on with the stores of another process as they are now. */
  takeOver(world: IdempotentWorld): void {
    this.responses.copyFrom(world.responses);
    this.claims.copyFrom(world.claims);
  }
}

/** An answer that has to be made: its batches. */
export type Made = AsyncGenerator<ResponseEvent[], void, undefined>;

/** Takes it for granted that an answer has to be made. */
export function made(entrance: unknown): Made {
  expect(entrance).toHaveProperty("next");
  return entrance as Made;
}

/** Makes an answer, or the rest of it, to its end and gives it. */
export async function finish(entrance: unknown): Promise<ResponseObject> {
  let last: ResponseEvent | undefined;
  for await (const batch of made(entrance)) last = batch.at(-1);
  if (last === undefined || !("response" in last)) throw new Error("the stream has no terminal event");
  return last.response;
}

/** The events of a stored response as JSON, those to come included. */
export async function events(world: IdempotentWorld, id: string): Promise<string[]> {
  const all: string[] = [];
  for await (const batch of await openEvents(
    world.tenant,
    id,
    -1,
    world.deps(),
    new AbortController().signal,
  ))
    all.push(...batch);
  return all;
}

/** Waits until everything has happened that can without being told more. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise is still waiting once everything else has happened. */
export async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.finally(() => (over = true)).catch(() => {});
  await settled();
  return !over;
}
