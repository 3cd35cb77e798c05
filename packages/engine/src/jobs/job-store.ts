/** A piece of work that outlives the process. */
export interface Job {
  id: number;
  /** Names who does it. */
  kind: string;
  tenant: string;
  /** What it is about, in its kind's own terms: a document's number, a response's id. */
  subject: string;
  payload: unknown;
  /** How many times it has been begun, this time included. */
  attempt: number;
}

/** A job to be. */
export interface NewJob {
  kind: string;
  tenant: string;
  subject: string;
  payload?: unknown;
  /** Unix time in milliseconds before which it is not begun. */
  notBefore?: number;
}

/**
 * Keeps jobs until they are done. A job is done at least once: it must be fit to be done again. Jobs are queued in
 * the transaction of what makes them necessary, so stores queue by themselves; {@link enqueue} is for the rest.
 */
export interface JobStore {
  enqueue(jobs: readonly NewJob[]): Promise<void>;
  /**
   * Takes up to `limit` jobs of a kind that may begin at `now` (ms) and marks them running: the oldest of each
   * tenant in turn, so that no tenant waits for all of another's.
   */
  claim(kind: string, limit: number, now: number): Promise<Job[]>;
  /** Whether there is a job of a kind that is about a subject, waiting or running. */
  has(tenant: string, kind: string, subject: string): Promise<boolean>;
  /** Removes the jobs of a kind that are about a subject, running or not; none is no error. */
  cancel(tenant: string, kind: string, subject: string): Promise<void>;
  /** Removes a job that is done. */
  finish(id: number): Promise<void>;
  /** Puts a running job back, to be begun again not before `notBefore` (ms). */
  retry(id: number, notBefore: number): Promise<void>;
  /** Puts a running job back as it was before it was taken: it may begin at once, and this attempt does not count. */
  giveBack(id: number): Promise<void>;
  /**
   * Puts every running job back, of whatever kind: they are a former process's. The attempts count. Called once at
   * start, before anything takes jobs. Returns how many.
   */
  releaseAll(): Promise<number>;
  /** When the next waiting job of a kind may begin (ms); undefined where there is none. */
  nextAt(kind: string): Promise<number | undefined>;
}
