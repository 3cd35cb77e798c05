import {
  type ApiError,
  parseCreateRequest,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";
import { BackgroundResponses, respondJob } from "../background/background-responses.ts";
import { readEvents } from "../background/read-events.ts";
import { type Recovered, recoverResponses } from "../background/recover.ts";
import type { Job } from "../jobs/job-store.ts";
import { EngineWorld } from "./engine-world.ts";

/** An engine whose jobs are run by hand. */
export class BackgroundWorld extends EngineWorld {
  /** Aborted when the process ends. */
  readonly stopping = new AbortController();
  /** What jobs that were taken and are not done are about. */
  readonly taken = new Set<string>();
  readonly log = {
    onFault: (message: string) => void this.faults.push(message),
    onFailure: (error: ApiError) => void this.faults.push(error.message),
  };
  readonly background = new BackgroundResponses({
    ...this.deps(),
    jobs: {
      has: async (_tenant, _kind, id) =>
        this.taken.has(id) || this.responses.queued.some((job) => job.id === id),
      cancel: async (_tenant, _kind, id) => {
        this.taken.delete(id);
        this.responses.dropJob(id);
      },
    },
    wake: () => {},
  });

  /** Queues a response to a request with these fields. */
  start(fields: Record<string, unknown> = {}): Promise<ResponseObject> {
    const { request } = parseCreateRequest({ model: "m", input: "hi", background: true, ...fields }, false);
    const scope = { tenant: this.tenant, abort: new AbortController(), ...this.log };
    return this.background.start(request, scope);
  }

  /** Takes the oldest job. */
  claim(): Job {
    const job = this.responses.queued.shift();
    if (job === undefined) throw new Error("there is no job");
    this.taken.add(job.id);
    return { id: 1, kind: respondJob, tenant: job.tenant, subject: job.id, payload: job.payload, attempt: 1 };
  }

  /** Runs all jobs, one after the other. */
  async runJobs(): Promise<void> {
    while (this.responses.queued.length > 0) {
      const job = this.claim();
      await this.background.run(job, this.stopping.signal, this.log);
      this.taken.delete(job.subject);
    }
  }

  /** The stored response. */
  async get(id: string): Promise<ResponseObject | undefined> {
    return (await this.responses.get(this.tenant, id))?.response;
  }

  /** Resolves when an event of a type has been logged. */
  async logged(id: string, type: ResponseEvent["type"]): Promise<void> {
    while (!(await this.snapshot(id)).some((event) => event.type === type)) {
      await this.running.changed(this.tenant, id);
    }
  }

  /** What has been logged of a response by now. */
  snapshot(id: string): Promise<ResponseEvent[]> {
    return readEvents(this.responses, this.tenant, id);
  }

  /** Goes on with the stores of another process as they are now; what that one still writes is not seen. */
  takeOver(world: EngineWorld): void {
    this.responses.copyFrom(world.responses);
    for (const { id } of world.responses.queued) this.taken.add(id);
    if (world instanceof BackgroundWorld) for (const id of world.taken) this.taken.add(id);
  }

  /** What is done at the start of a process. */
  recover(): Promise<Recovered> {
    return recoverResponses(this.background, this.deps());
  }
}
