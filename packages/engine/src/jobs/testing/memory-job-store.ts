import type { Job, JobStore, NewJob } from "../job-store.ts";

interface StoredJob extends Job {
  running: boolean;
  notBefore: number;
}

type JobStoreTrouble = "claim" | "finish" | "retry" | "giveBack";

/** A job store for tests. `trouble` is thrown by the next call of each method that it names. */
export class MemoryJobStore implements JobStore {
  readonly stored: StoredJob[] = [];
  readonly trouble = new Set<JobStoreTrouble>();
  claims = 0;
  #nextId = 1;

  async enqueue(jobs: readonly NewJob[]): Promise<void> {
    for (const { kind, tenant, subject, payload, notBefore = 0 } of jobs) {
      const id = this.#nextId++;
      this.stored.push({ id, kind, tenant, subject, payload, attempt: 0, running: false, notBefore });
    }
  }

  async claim(kind: string, limit: number, now: number): Promise<Job[]> {
    this.claims++;
    this.#fail("claim");
    const ready = this.stored.filter((job) => job.kind === kind && !job.running && job.notBefore <= now);
    return ready.slice(0, limit).map((job) => {
      job.running = true;
      job.attempt++;
      return { ...job };
    });
  }

  async has(tenant: string, kind: string, subject: string): Promise<boolean> {
    return this.stored.some((job) => job.tenant === tenant && job.kind === kind && job.subject === subject);
  }

  async cancel(tenant: string, kind: string, subject: string): Promise<void> {
    const left = this.stored.filter(
      (job) => job.tenant !== tenant || job.kind !== kind || job.subject !== subject,
    );
    this.stored.splice(0, this.stored.length, ...left);
  }

  async finish(id: number): Promise<void> {
    this.#fail("finish");
    this.stored.splice(
      this.stored.findIndex((job) => job.id === id),
      1,
    );
  }

  async retry(id: number, notBefore: number): Promise<void> {
    this.#fail("retry");
    const job = this.stored.find((candidate) => candidate.id === id);
    if (job) Object.assign(job, { running: false, notBefore });
  }

  async giveBack(id: number): Promise<void> {
    this.#fail("giveBack");
    const job = this.stored.find((candidate) => candidate.id === id);
    if (job?.running) Object.assign(job, { running: false, attempt: job.attempt - 1 });
  }

  async releaseAll(): Promise<number> {
    const running = this.stored.filter((job) => job.running);
    for (const job of running) job.running = false;
    return running.length;
  }

  async nextAt(kind: string): Promise<number | undefined> {
    const times = this.stored.filter((job) => job.kind === kind && !job.running).map((job) => job.notBefore);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #fail(method: JobStoreTrouble): void {
    if (this.trouble.delete(method)) throw new Error(`${method} failed`);
  }
}
