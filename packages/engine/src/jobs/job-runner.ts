import type { Job, JobStore } from "./job-store.ts";

/** How the jobs of one kind are done. */
export interface JobKind {
  /** How many run at the same time. */
  concurrency: number;
  /** How many times a job may be begun. Those that ended with their process count, unless the runner was closed. */
  attempts: number;
  /** Milliseconds to wait after the attempt with this number (from 1) has failed. */
  backoffMs(attempt: number): number;
  /** Does a job. It must be fit to be done again, from any point, and end soon once `signal` is aborted. */
  run(job: Job, signal: AbortSignal): Promise<void>;
  /** Told when the last attempt has failed, or has ended with its process; the job is removed after it. */
  onExhausted(job: Job, error: unknown): Promise<void>;
}

/** What a job runner works with. */
export interface JobRunnerDeps {
  jobs: JobStore;
  /** By name. Jobs of other kinds stay where they are. */
  kinds: Readonly<Record<string, JobKind>>;
  /** Unix time in milliseconds. */
  now(): number;
  /** Told of attempts that failed and of trouble with the job store. */
  onFault(message: string, cause?: unknown): void;
  /** Calls back once after `ms`, unless what it returns is called first. A timer that keeps no process alive if left out. */
  after?: ((ms: number, callback: () => void) => () => void) | undefined;
}

/** Does queued jobs in the background. */
export interface JobRunner {
  /** Begins to work, with what is queued already. */
  start(): void;
  /** Says that jobs of a kind were queued. Cheap, never throws; without it they would wait for the next end of a job. */
  wake(kind: string): void;
  /** Aborts what runs and waits for it to end. Jobs that did not come to their end are put back, this attempt not counted. */
  close(): Promise<void>;
}

/**
 * Runs the jobs of a store: each kind with its own concurrency, each job at least once. An attempt that fails is made
 * again after a back-off, up to the kind's limit. Nothing is polled: besides `wake` and the end of a job there is one
 * timer for each kind, set to when its next job may begin. Whoever starts the process calls
 * {@link JobStore.releaseAll} before, for what a former one left running.
 */
export function openJobRunner(deps: JobRunnerDeps): JobRunner {
  const closing = new AbortController();
  const runningJobs = new Set<Promise<void>>();
  const after = deps.after ?? afterTimeout;
  const lanes = new Map(
    Object.entries(deps.kinds).map(([name, kind]) => [
      name,
      openLane(name, kind, {
        ...deps,
        after,
        signal: closing.signal,
        track: (work) => track(runningJobs, work),
      }),
    ]),
  );
  let started = false;
  return {
    start() {
      started = true;
      for (const lane of lanes.values()) lane.pump();
    },
    wake(kind) {
      if (started) lanes.get(kind)?.pump();
    },
    async close() {
      closing.abort(new Error("The server is shutting down."));
      while (runningJobs.size > 0) await Promise.all(runningJobs);
    },
  };
}

interface LaneDeps extends JobRunnerDeps {
  after(ms: number, callback: () => void): () => void;
  signal: AbortSignal;
  /** Takes care of work until it has ended. It does not reject. */
  track(work: Promise<void>): void;
}

/** The jobs of one kind. `pump` takes as many as may run now. */
function openLane(name: string, kind: JobKind, deps: LaneDeps): { pump(): void } {
  let running = 0;
  let claiming = false;
  let again = false;
  let cancelTimer = (): void => {};
  deps.signal.addEventListener("abort", () => cancelTimer());

  function pump(): void {
    again = true;
    if (!claiming) deps.track(claimAll());
  }

  function pumpAfter(ms: number): void {
    cancelTimer();
    if (!deps.signal.aborted) cancelTimer = deps.after(Math.min(Math.max(ms, 1), longestWaitMs), pump);
  }

  async function claimAll(): Promise<void> {
    claiming = true;
    try {
      while (again && running < kind.concurrency && !deps.signal.aborted) {
        again = false;
        const free = kind.concurrency - running;
        const jobs = await deps.jobs.claim(name, free, deps.now());
        for (const job of jobs) deps.track(runOne(job));
        // Fewer than there was room for: the rest may begin later, or there is none.
        if (jobs.length < free) await waitForNext();
      }
    } catch (cause) {
      deps.onFault(`jobs of kind ${name} cannot be taken from the store; it is tried again`, cause);
      pumpAfter(storeRetryMs);
    } finally {
      claiming = false;
    }
  }

  async function waitForNext(): Promise<void> {
    const next = await deps.jobs.nextAt(name);
    if (next !== undefined) pumpAfter(next - deps.now());
  }

  async function runOne(job: Job): Promise<void> {
    running++;
    try {
      await attempt(job);
    } finally {
      running--;
      pump();
    }
  }

  async function attempt(job: Job): Promise<void> {
    try {
      // A job taken while the runner was closing is not begun.
      deps.signal.throwIfAborted();
      // It may be the job itself that ends the process: then nothing but this ever ends the job.
      if (job.attempt > kind.attempts) throw new Error("The process has ended at each attempt.");
      await kind.run(job, deps.signal);
    } catch (error) {
      if (deps.signal.aborted) {
        await insist(() => deps.jobs.giveBack(job.id));
        return;
      }
      deps.onFault(`job ${name} of ${job.subject} failed at attempt ${job.attempt}`, error);
      if (job.attempt < kind.attempts) {
        const notBefore = deps.now() + kind.backoffMs(job.attempt);
        await insist(() => deps.jobs.retry(job.id, notBefore));
        return;
      }
      if (!(await insist(() => kind.onExhausted(job, error)))) return;
    }
    await insist(() => deps.jobs.finish(job.id));
  }

  /**
   * Writes until it works: a job must not stay marked as running because the store could not be written for a
   * while. False when the runner was closed meanwhile.
   */
  async function insist(write: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await write();
        return true;
      } catch (cause) {
        deps.onFault(`the state of a job of kind ${name} cannot be written; it is tried again`, cause);
        if (!(await pause(storeRetryMs, deps))) return false;
      }
    }
  }

  return { pump };
}

const storeRetryMs = 1_000;

/** Longer timers overflow (2^31 ms); at the end of this one the store is asked anew. */
const longestWaitMs = 3_600_000;

function track(all: Set<Promise<void>>, work: Promise<void>): void {
  all.add(work);
  void work.finally(() => all.delete(work));
}

/** False when the runner was closed meanwhile. */
function pause(ms: number, { after, signal }: LaneDeps): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function afterTimeout(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
