import { expect, onTestFinished, test, vi } from "vitest";
import { type JobKind, type JobRunner, openJobRunner } from "./job-runner.ts";
import type { Job } from "./job-store.ts";
import { MemoryJobStore } from "./testing/memory-job-store.ts";

/** A runner over a memory store, with a clock that only goes when it is told to. */
function openWorld(kinds: Record<string, Partial<JobKind> & Pick<JobKind, "run">>) {
  const jobs = new MemoryJobStore();
  const faults: string[] = [];
  const exhausted: string[] = [];
  const clock = { now: 1_000_000, timers: new Map<object, { at: number; callback: () => void }>() };
  const runner = openJobRunner({
    jobs,
    kinds: Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [
        name,
        {
          concurrency: 1,
          attempts: 3,
          backoffMs: (attempt) => attempt * 1_000,
          onExhausted: async (job, error) =>
            void exhausted.push(`${job.subject}: ${(error as Error).message}`),
          ...kind,
        },
      ]),
    ),
    now: () => clock.now,
    onFault: (message) => void faults.push(message),
    after(ms, callback) {
      const key = {};
      clock.timers.set(key, { at: clock.now + ms, callback });
      return () => void clock.timers.delete(key);
    },
  });
  onTestFinished(() => runner.close());
  const queue = (...subjects: string[]): Promise<void> =>
    jobs.enqueue(subjects.map((subject) => ({ kind: "work", tenant: "acme", subject })));
  /** Lets time pass, calling what is due on the way, and waits until nothing moves any more. */
  async function pass(ms: number): Promise<void> {
    clock.now += ms;
    for (const [key, timer] of clock.timers) {
      if (timer.at > clock.now) continue;
      clock.timers.delete(key);
      timer.callback();
    }
    await settled();
  }
  return { jobs, runner, faults, exhausted, clock, queue, pass };
}

/** Waits until everything that can go on without a timer has done so. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Work that ends when the test says so, or is aborted. */
function heldWork() {
  const running = new Map<string, { end(): void; signal: AbortSignal }>();
  const run = async (job: Job, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    running.set(job.subject, { end: resolve, signal });
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    await promise.finally(() => running.delete(job.subject));
  };
  return { running, run };
}

test("jobs that are queued before the start are done and removed", async () => {
  const done: string[] = [];
  const world = openWorld({ work: { run: async (job) => void done.push(job.subject) } });
  await world.queue("a", "b", "c");
  world.runner.start();
  await settled();
  expect(done).toEqual(["a", "b", "c"]);
  expect(world.jobs.stored).toEqual([]);
});

test("nothing is done before the start, whoever wakes the runner", async () => {
  const world = openWorld({ work: { run: async () => {} } });
  await world.queue("a");
  world.runner.wake("work");
  await settled();
  expect(world.jobs.claims).toBe(0);
});

test("as many jobs run at once as the kind allows, and the next begins when one ends", async () => {
  const { running, run } = heldWork();
  const world = openWorld({ work: { run, concurrency: 2 } });
  await world.queue("a", "b", "c");
  world.runner.start();
  await settled();
  expect([...running.keys()]).toEqual(["a", "b"]);
  running.get("a")?.end();
  await settled();
  expect([...running.keys()]).toEqual(["b", "c"]);
});

test("kinds do not wait for each other", async () => {
  const { running, run } = heldWork();
  const done: string[] = [];
  const world = openWorld({ work: { run }, other: { run: async (job) => void done.push(job.subject) } });
  await world.queue("a");
  await world.jobs.enqueue([{ kind: "other", tenant: "acme", subject: "b" }]);
  world.runner.start();
  await settled();
  expect([...running.keys()]).toEqual(["a"]);
  expect(done).toEqual(["b"]);
});

test("an idle runner asks for nothing until it is woken", async () => {
  const done: string[] = [];
  const world = openWorld({ work: { run: async (job) => void done.push(job.subject) } });
  world.runner.start();
  await settled();
  const { claims } = world.jobs;
  await world.pass(86_400_000);
  expect(world.jobs.claims).toBe(claims);
  expect(world.clock.timers.size).toBe(0);
  await world.queue("a");
  world.runner.wake("work");
  world.runner.wake("unknown");
  await settled();
  expect(done).toEqual(["a"]);
});

test("a wake that comes while jobs are being taken is not lost", async () => {
  const done: string[] = [];
  const world = openWorld({ work: { run: async (job) => void done.push(job.subject) } });
  const claim = vi.spyOn(world.jobs, "claim").mockImplementationOnce(async () => {
    await world.queue("late");
    world.runner.wake("work");
    return [];
  });
  world.runner.start();
  await settled();
  expect(claim.mock.calls.length).toBeGreaterThan(1);
  expect(done).toEqual(["late"]);
});

test("a job that fails is begun again after its back-off, not sooner", async () => {
  const attempts: number[] = [];
  const world = openWorld({
    work: {
      run: async (job) => {
        attempts.push(job.attempt);
        if (job.attempt < 3) throw new Error("not yet");
      },
    },
  });
  await world.queue("a");
  world.runner.start();
  await settled();
  await world.pass(999);
  expect(attempts).toEqual([1]);
  await world.pass(1);
  expect(attempts).toEqual([1, 2]);
  await world.pass(2_000);
  expect(attempts).toEqual([1, 2, 3]);
  expect(world.jobs.stored).toEqual([]);
  expect(world.exhausted).toEqual([]);
  expect(world.faults).toEqual(["job work of a failed at attempt 1", "job work of a failed at attempt 2"]);
});

test("a job whose attempts are used up is reported with its last error and removed", async () => {
  const world = openWorld({ work: { run: () => Promise.reject(new Error("no use")), attempts: 2 } });
  await world.queue("a");
  world.runner.start();
  await settled();
  await world.pass(1_000);
  expect(world.exhausted).toEqual(["a: no use"]);
  expect(world.jobs.stored).toEqual([]);
});

test("a job that failed does not hold up the others of its kind", async () => {
  const done: string[] = [];
  const world = openWorld({
    work: {
      run: async (job) => {
        if (job.subject === "bad") throw new Error("bad");
        done.push(job.subject);
      },
    },
  });
  await world.queue("bad", "a", "b");
  world.runner.start();
  await settled();
  expect(done).toEqual(["a", "b"]);
});

test("a job that may begin later is begun then", async () => {
  const done: string[] = [];
  const world = openWorld({ work: { run: async (job) => void done.push(job.subject) } });
  const notBefore = world.clock.now + 5 * 3_600_000;
  await world.jobs.enqueue([{ kind: "work", tenant: "acme", subject: "later", notBefore }]);
  world.runner.start();
  await settled();
  // More than the longest timer: it is set again on the way.
  for (let hour = 1; hour <= 4; hour++) await world.pass(3_600_000);
  expect(done).toEqual([]);
  await world.pass(3_600_000);
  expect(done).toEqual(["later"]);
});

test("closing aborts what runs, waits for it and puts it back, as if it had not been begun", async () => {
  const { running, run } = heldWork();
  const world = openWorld({ work: { run } });
  await world.queue("a", "b");
  world.runner.start();
  await settled();
  expect(running.get("a")?.signal.aborted).toBe(false);
  await world.runner.close();
  expect(running.size).toBe(0);
  expect(world.jobs.stored).toMatchObject([
    { subject: "a", running: false, attempt: 0 },
    { subject: "b", running: false, attempt: 0 },
  ]);
  expect(world.faults).toEqual([]);
});

test("a job that is taken while the runner closes is put back too", async () => {
  const world = openWorld({ work: { run: async () => {} } });
  const claim = world.jobs.claim.bind(world.jobs);
  const taken = Promise.withResolvers<void>();
  vi.spyOn(world.jobs, "claim").mockImplementationOnce(async (...args) => {
    const jobs = await claim(...args);
    await taken.promise;
    return jobs;
  });
  await world.queue("a");
  world.runner.start();
  const closed = world.runner.close();
  taken.resolve();
  await closed;
  expect(world.jobs.stored).toMatchObject([{ subject: "a", running: false, attempt: 0 }]);
});

test("a job that has ended its process at every attempt is given up and not begun again", async () => {
  const begun: number[] = [];
  const world = openWorld({ work: { attempts: 3, run: async (job) => void begun.push(job.attempt) } });
  await world.queue("deadly", "harmless");
  // Three processes took it and were killed.
  for (let process = 0; process < 3; process++) {
    await world.jobs.claim("work", 1, world.clock.now);
    await world.jobs.releaseAll();
  }
  world.runner.start();
  await settled();
  expect(world.exhausted).toEqual(["deadly: The process has ended at each attempt."]);
  expect(begun).toEqual([1]);
  expect(world.jobs.stored).toEqual([]);
});

test("restarts that end well do not use up attempts, however many", async () => {
  const world = openWorld({ work: heldWork() });
  await world.queue("long");
  for (let start = 0; start < 10; start++) {
    const runner = openJobRunner({
      jobs: world.jobs,
      kinds: {
        work: { concurrency: 1, attempts: 3, backoffMs: () => 1, onExhausted: async () => {}, ...heldWork() },
      },
      now: () => world.clock.now,
      onFault: () => {},
    });
    runner.start();
    await settled();
    expect(world.jobs.stored).toMatchObject([{ running: true, attempt: 1 }]);
    await runner.close();
  }
  expect(world.jobs.stored).toMatchObject([{ running: false, attempt: 0 }]);
});

test("a job that comes to its end while the runner closes is removed", async () => {
  const world = openWorld({
    work: {
      run: (_job, signal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    },
  });
  await world.queue("a");
  world.runner.start();
  await settled();
  await world.runner.close();
  expect(world.jobs.stored).toEqual([]);
});

test("no job is begun after the runner was closed", async () => {
  const done: string[] = [];
  const world = openWorld({ work: { run: async (job) => void done.push(job.subject) } });
  world.runner.start();
  await settled();
  await world.runner.close();
  await world.queue("a");
  world.runner.wake("work");
  await settled();
  expect(done).toEqual([]);
});

test.each(["claim", "finish", "retry"] as const)(
  "a store that fails at %s is asked again until it works",
  async (method) => {
    const attempts: number[] = [];
    const world = openWorld({
      work: {
        run: async (job) => {
          attempts.push(job.attempt);
          if (method === "retry" && job.attempt === 1) throw new Error("once");
        },
      },
    });
    world.jobs.trouble.add(method);
    await world.queue("a");
    world.runner.start();
    await settled();
    expect(world.jobs.stored).toHaveLength(1);
    for (let second = 0; second < 3; second++) await world.pass(1_000);
    expect(attempts).toEqual(method === "retry" ? [1, 2] : [1]);
    expect(world.jobs.stored).toEqual([]);
    expect(world.faults.some((fault) => /tried again/.test(fault))).toBe(true);
  },
);

test("closing does not wait for a store that does not take a job back", async () => {
  const { run } = heldWork();
  const world = openWorld({ work: { run } });
  world.jobs.trouble.add("giveBack");
  await world.queue("a");
  world.runner.start();
  await settled();
  await world.runner.close();
  expect(world.jobs.stored).toMatchObject([{ running: true, attempt: 1 }]);
});

test("closing does not wait for a store that does not come back", async () => {
  const world = openWorld({ work: { run: async () => {} } });
  await world.queue("a");
  vi.spyOn(world.jobs, "finish").mockRejectedValue(new Error("disk full"));
  world.runner.start();
  await settled();
  await (world.runner as JobRunner).close();
  expect(world.jobs.stored).toHaveLength(1);
});
