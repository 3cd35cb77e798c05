import {
  type CreateRequest,
  parseCreateRequest,
  type ResponseEvent,
  type ResponseObject,
  type ResponseStatus,
  toInitialResponse,
} from "@gateway/protocol";
import { expect } from "vitest";
import type { Entrance } from "../idempotency/idempotent-requests.ts";
import type { KeyedRun } from "../idempotency/keyed-run.ts";
import { IdempotentWorld, settled } from "./idempotent-world.ts";

/** The bodies that may come under a key: one of each kind of answer. */
const bodies = [{}, { stream: true }, { store: false }, { background: true }] as const;

/** A request that was sent, and what came of it so far. */
interface Sent {
  key: number;
  body: number;
  leaving: AbortController;
  outcome: Entrance | { error: unknown } | undefined;
}

/** An answer that is being made, as the engine would make it. */
interface Making {
  key: number;
  body: number;
  run: KeyedRun;
  begun: boolean;
  /** Gives the batches that come next; undefined is the end. */
  push(batch: ResponseEvent[] | undefined): void;
  /** What reads the batches. */
  reader: AsyncGenerator<ResponseEvent[], void, undefined>;
}

/** What should be known of a key. */
export type Known = { state: "free" } | { state: "making" | "answered"; body: number; id: string };

/** Requests with keys, the answers they get, and a model of which these should be. */
export class Simulation {
  world = new IdempotentWorld();
  known: Known[] = [{ state: "free" }, { state: "free" }];
  waiting: Sent[] = [];
  makings: Making[] = [];
  /** Responses in the background that have not ended. */
  accepted: { key: number; response: ResponseObject }[] = [];

  async send(key: number, body: number): Promise<void> {
    const sent: Sent = { key, body, leaving: new AbortController(), outcome: undefined };
    const asked = { key: `k${key}`, signal: sent.leaving.signal };
    void this.world.enter(bodies[body], asked).then(
      (entrance) => (sent.outcome = entrance),
      (error: unknown) => (sent.outcome = { error }),
    );
    await settled();
    const known = this.known[key] as Known;
    if (known.state === "free") this.#begins(sent);
    else if (known.body !== body) {
      expect(sent.outcome).toMatchObject({ error: { code: "idempotency_key_reused" } });
    } else if (known.state === "answered") this.#isAnswered(sent, known.id);
    else if (this.makings.some((making) => making.key === key && making.begun)) {
      expect(sent.outcome).toEqual({ follow: known.id });
    } else {
      expect(sent.outcome).toBeUndefined();
      this.waiting.push(sent);
    }
  }

  /** The response has begun: a stream can be followed, one in the background is accepted. */
  async begin(making: Making): Promise<void> {
    const { key, body } = making;
    if (making.begun || body === 0 || body === 2) return;
    const response = this.#responseOf(making, body === 3 ? "queued" : "in_progress");
    await this.world.responses.begin(this.world.tenant, { response, input: [] });
    if (body === 3) {
      this.accepted.push({ key, response });
      this.makings = this.makings.filter((each) => each !== making);
      making.run.end();
      await this.#isOver(key, { state: "answered", body, id: response.id });
      return;
    }
    making.begun = true;
    making.push([{ type: "response.created", sequence_number: 0, response }]);
    await settled();
    for (const sent of this.#takeWaiting(key)) expect(sent.outcome).toEqual({ follow: response.id });
  }

  /** The response ends, or its client leaves, or nothing comes of it. */
  async end(making: Making, status: ResponseStatus): Promise<void> {
    const { key, body, run } = making;
    this.makings = this.makings.filter((each) => each !== making);
    const isGood = (status === "completed" || status === "incomplete") && body !== 3;
    const response = this.#responseOf(making, status);
    if (isGood || making.begun) {
      if (response.store) await this.world.responses.finish(this.world.tenant, { response, input: [] });
    }
    if (body === 3) run.end();
    else if (status === "cancelled") {
      making.push(undefined);
      await making.reader.return();
    } else {
      if (isGood || making.begun)
        making.push([{ type: `response.${status}` as "response.failed", sequence_number: 1, response }]);
      making.push(undefined);
    }
    await this.#isOver(key, isGood ? { state: "answered", body, id: response.id } : { state: "free" });
  }

  /** A response in the background ends. */
  async endAccepted(index: number, status: ResponseStatus): Promise<void> {
    const [each] = this.accepted.splice(index % Math.max(1, this.accepted.length), 1);
    if (each === undefined) return;
    const response = { ...each.response, status };
    await this.world.responses.finish(this.world.tenant, { response, input: [] });
    const known = this.known[each.key] as Known;
    const isBad = status === "failed" || status === "cancelled";
    if (isBad && known.state === "answered" && known.id === response.id)
      this.known[each.key] = { state: "free" };
  }

  /** The answer to a key is deleted. */
  async delete(key: number): Promise<void> {
    const known = this.known[key] as Known;
    if (known.state !== "answered") return;
    const wasKept = known.body === 2;
    expect(await this.world.responses.delete(this.world.tenant, known.id)).toBe(!wasKept);
    expect(await this.world.requests.forget(this.world.tenant, known.id)).toBe(wasKept);
    this.accepted = this.accepted.filter(({ response }) => response.id !== known.id);
    this.known[key] = { state: "free" };
  }

  async leave(index: number): Promise<void> {
    const [sent] = this.waiting.splice(index % Math.max(1, this.waiting.length), 1);
    if (sent === undefined) return;
    sent.leaving.abort(new Error("gone"));
    await settled();
    expect(sent.outcome).toEqual({ error: new Error("gone") });
  }

  /** The process is killed, and another one takes over what it has left. */
  async restart(): Promise<void> {
    const before = this.world;
    this.world = new IdempotentWorld();
    this.world.takeOver(before);
    for (const making of this.makings) {
      this.known[making.key] = { state: "free" };
      const response = this.#responseOf(making, "failed");
      if (making.begun) await this.world.responses.finish(this.world.tenant, { response, input: [] });
    }
    this.makings = [];
    this.waiting = [];
  }

  /** Checks who goes on where a run is over: all are answered, or one makes the answer and the others wait. */
  async #isOver(key: number, known: Known): Promise<void> {
    this.known[key] = known;
    await settled();
    await settled();
    const waiting = this.#takeWaiting(key);
    if (known.state !== "free") {
      for (const sent of waiting) this.#isAnswered(sent, known.id);
      return;
    }
    const winners = waiting.filter(({ outcome }) => outcome !== undefined);
    expect(winners).toHaveLength(Math.min(1, waiting.length));
    this.waiting.push(...waiting.filter(({ outcome }) => outcome === undefined));
    for (const sent of winners) this.#begins(sent);
  }

  #begins({ key, body, outcome }: Sent): void {
    expect(outcome).toHaveProperty("run");
    const { run } = outcome as { run: KeyedRun };
    const queue: PromiseWithResolvers<ResponseEvent[] | undefined>[] = [Promise.withResolvers()];
    async function* batches(): AsyncGenerator<ResponseEvent[]> {
      for (;;) {
        const batch = await queue[0]?.promise;
        queue.shift();
        if (batch === undefined) return;
        yield batch;
      }
    }
    const reader = run.watch(batches());
    const push = (batch: ResponseEvent[] | undefined) => {
      queue.at(-1)?.resolve(batch);
      queue.push(Promise.withResolvers());
    };
    const making: Making = { key, body, run, begun: false, push, reader };
    if (body !== 3) {
      void (async () => {
        for await (const _batch of reader);
      })();
    }
    this.makings.push(making);
    this.known[key] = { state: "making", body, id: run.responseId };
  }

  #isAnswered({ body, outcome }: Sent, id: string): void {
    if (body === 1) expect(outcome).toEqual({ follow: id });
    else expect(outcome).toMatchObject({ answer: { id } });
  }

  #takeWaiting(key: number): Sent[] {
    const taken = this.waiting.filter((sent) => sent.key === key);
    this.waiting = this.waiting.filter((sent) => sent.key !== key);
    return taken;
  }

  #responseOf({ run, body }: Making, status: ResponseStatus): ResponseObject {
    const { request } = parseCreateRequest({ model: "m", input: "hi", ...bodies[body] }, false);
    return { ...toInitialResponse(request as CreateRequest, run.responseId, 1), status };
  }
}
