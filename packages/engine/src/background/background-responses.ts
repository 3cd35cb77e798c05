import {
  ApiError,
  badRequest,
  type CreateRequest,
  newId,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { Job, JobStore } from "../jobs/job-store.ts";
import { prepare } from "../prepare.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { hasEnded, type ResponseRecord } from "../stores.ts";
import { Interruption } from "../work.ts";
import { endUnfinished } from "./end-unfinished.ts";
import { readEvents } from "./read-events.ts";
import { contextOf, fromPayload, toPayload } from "./respond-payload.ts";
import { runQueued } from "./run-queued.ts";

/** What {@link BackgroundResponses} works with. */
export interface BackgroundDeps extends EngineDeps {
  jobs: Pick<JobStore, "cancel" | "has">;
  /** Says that a response was queued. */
  wake(): void;
  /** Passes the batches of a running response on; sees them for the metrics. */
  observe?(batches: AsyncIterable<ResponseEvent[]>, request: CreateRequest): AsyncIterable<ResponseEvent[]>;
}

/** The kind of the jobs that run responses; their subject is the response's id. */
export const respondJob = "respond";

/** A queued or running response, from the moment it is accepted until it has ended. */
interface Held {
  tenant: string;
  abort: AbortController;
  /** Set as soon as its job has begun. */
  running: boolean;
  /** Resolves when it is released. */
  over: Promise<void>;
  release(): void;
}

/**
 * Responses with `background: true`: accepted and queued at once, run by a job that outlives its client and this
 * process, cancelled by id. A conversation is held from the moment its response is accepted.
 */
export class BackgroundResponses {
  readonly #deps: BackgroundDeps;
  readonly #held = new Map<string, Held>();

  constructor(deps: BackgroundDeps) {
    this.#deps = deps;
  }

  /**
   * Accepts a request: what can be found wrong without the model is thrown as an {@link ApiError}, everything else
   * shows in the response. Resolves, with the response as it was queued, once it and its job are stored.
   */
  async start(request: CreateRequest, scope: RequestScope): Promise<ResponseObject> {
    const { tenant } = scope;
    const id = scope.responseId ?? newId("resp");
    const held = this.#hold(tenant, id, request.conversation);
    try {
      const { initial: response, input } = await prepare(request, id, scope, this.#deps, {
        asksServers: false,
      });
      const events = new ResponseBuilder(response, request.include).queue();
      const payload = toPayload(request, contextOf(tenant, id), this.#deps.sealer);
      await this.#deps.responses.begin(tenant, { response, input }, events, { payload });
      this.#deps.wake();
      return response;
    } catch (thrown) {
      held.release();
      throw thrown;
    }
  }

  /**
   * Runs the response of a job to its end, from where a former process has left it. Rejects when interrupted,
   * and where the store cannot be read or its end cannot be stored: then the job is to be run again.
   */
  async run(
    job: Job,
    signal: AbortSignal,
    log: Pick<RequestScope, "onFault" | "onFailure" | "onMcpUse">,
  ): Promise<void> {
    const { tenant, subject: id } = job;
    let request: CreateRequest;
    try {
      request = fromPayload(job.payload, contextOf(tenant, id), this.#deps.sealer);
    } catch (thrown) {
      // The next attempt would not know more.
      await this.giveUp(job, thrown);
      return;
    }
    const held = this.#held.get(id) ?? this.#hold(tenant, id, request.conversation);
    held.running = true;
    let over = false;
    const interrupt = () => held.abort.abort(new Interruption("The process is ending."));
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      const record = await this.#deps.responses.get(tenant, id);
      if (record === undefined || hasEnded(record.response)) {
        over = true;
        return;
      }
      const logged = await readEvents(this.#deps.responses, tenant, id);
      const scope: RequestScope = { tenant, abort: held.abort, ...log };
      const batches = runQueued(request, record, logged, scope, this.#deps);
      // Whoever wants to see them reads the log.
      for await (const _batch of this.#deps.observe?.(batches, request) ?? batches);
      over = true;
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", interrupt);
      held.running = false;
      // An attempt that failed is followed by another: until then nobody else may write to its conversation.
      if (over || held.abort.signal.aborted) held.release();
    }
  }

  /**
   * Cancels a response and gives it as it then is; one that has ended is given as it is. Undefined when there is
   * none; throws a 400 {@link ApiError} where it does not run in the background, and what the store throws where that
   * cannot be written.
   */
  async cancel(tenant: string, id: string): Promise<ResponseObject | undefined> {
    const { responses, jobs } = this.#deps;
    const record = await responses.get(tenant, id);
    if (record === undefined) return undefined;
    if (!record.response.background)
      throw badRequest("Cannot cancel a synchronous response. Close its connection instead.");
    if (hasEnded(record.response)) return record.response;
    await jobs.cancel(tenant, respondJob, id);
    const held = this.#held.get(id);
    held?.abort.abort();
    if (held?.running) await held.over;
    // Nobody works on it, or who did could not store its end.
    await endUnfinished(tenant, id, { status: "cancelled" }, this.#deps).finally(held?.release);
    return (await responses.get(tenant, id))?.response;
  }

  /** Stops what is still to be done for a response that was deleted. Fine for any other. */
  async forget(tenant: string, id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined || held.tenant !== tenant) return;
    await this.#deps.jobs.cancel(tenant, respondJob, id);
    held.abort.abort();
    if (!held.running) held.release();
  }

  /**
   * Takes hold of what a former process has queued, so that its conversations stay locked. Called once at start. False,
   * and nothing is held, where there is no job that would run it.
   */
  async adopt(tenant: string, record: ResponseRecord): Promise<boolean> {
    const { id, conversation } = record.response;
    if (!(await this.#deps.jobs.has(tenant, respondJob, id))) return false;
    this.#hold(tenant, id, conversation?.id);
    return true;
  }

  /** Marks the response of a job that cannot be run as failed. */
  async giveUp({ tenant, subject: id }: Job, error: unknown): Promise<void> {
    await endUnfinished(tenant, id, { status: "failed", error: ApiError.from(error) }, this.#deps);
    this.#held.get(id)?.release();
  }

  #hold(tenant: string, id: string, conversation: string | undefined): Held {
    const unlock = this.#deps.locks.acquire(tenant, conversation);
    const abort = new AbortController();
    const leave = this.#deps.running.enter(tenant, id);
    const over = Promise.withResolvers<void>();
    const held: Held = {
      tenant,
      abort,
      running: false,
      over: over.promise,
      release: () => {
        if (!this.#held.delete(id)) return;
        leave();
        unlock();
        over.resolve();
      },
    };
    this.#held.set(id, held);
    return held;
  }
}
