import type { Job, NewJob } from "@gateway/engine";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";

/** What every implementation of `JobStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function jobStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps jobs`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    function job(subject: string, fields: Partial<NewJob> = {}): NewJob {
      return { kind: "work", tenant: "acme", subject, ...fields };
    }
    const subjects = (jobs: readonly Job[]): string[] => jobs.map(({ subject }) => subject);

    test("a job comes as it was given, at its first attempt, and is not taken twice", async () => {
      await store.jobs.enqueue([job("a", { payload: { documents: [1, 2] } }), job("b")]);
      const taken = await store.jobs.claim("work", 9, 0);
      expect(taken).toEqual([
        {
          id: expect.any(Number),
          kind: "work",
          tenant: "acme",
          subject: "a",
          payload: { documents: [1, 2] },
          attempt: 1,
        },
        {
          id: expect.any(Number),
          kind: "work",
          tenant: "acme",
          subject: "b",
          payload: undefined,
          attempt: 1,
        },
      ]);
      expect(await store.jobs.claim("work", 9, 0)).toEqual([]);
    });

    test("jobs of another kind stay where they are", async () => {
      await store.jobs.enqueue([job("a", { kind: "other" }), job("b")]);
      expect(subjects(await store.jobs.claim("work", 9, 0))).toEqual(["b"]);
      expect(await store.jobs.claim("none", 9, 0)).toEqual([]);
      expect(await store.jobs.nextAt("work")).toBeUndefined();
      expect(await store.jobs.nextAt("other")).toBe(0);
    });

    test("many claims at once take each job once", async () => {
      const names = Array.from({ length: 100 }, (_, n) => String(n));
      await store.jobs.enqueue(names.map((subject) => job(subject)));
      const claims = await Promise.all(names.map(() => store.jobs.claim("work", 3, 0)));
      expect(subjects(claims.flat()).sort()).toEqual(names.sort());
    });

    test("a finished job is gone, also when it is finished again", async () => {
      await store.jobs.enqueue([job("a")]);
      const [taken] = (await store.jobs.claim("work", 1, 0)) as [Job];
      await store.jobs.finish(taken.id);
      await store.jobs.finish(taken.id);
      expect(await store.jobs.releaseAll()).toBe(0);
      expect(await store.jobs.nextAt("work")).toBeUndefined();
    });

    test("the jobs of a subject can be cancelled, however they stand, and no others", async () => {
      const mine = [job("a"), job("a", { notBefore: 900 }), job("a"), job("a", { payload: { n: 4 } })];
      const others = [job("b"), job("a", { kind: "other" }), job("a", { tenant: "other" })];
      await store.jobs.enqueue([...mine, ...others]);
      const [running] = (await store.jobs.claim("work", 1, 0)) as [Job];
      expect(running).toMatchObject({ tenant: "acme", subject: "a" });
      await store.jobs.cancel("acme", "work", "a");
      await store.jobs.cancel("acme", "work", "a");
      await store.jobs.cancel("acme", "work", "unknown");
      // Who did the running one finds nothing to put back or to remove, which is no error.
      await store.jobs.retry(running.id, 0);
      await store.jobs.finish(running.id);
      expect(await store.jobs.releaseAll()).toBe(0);
      const left = await store.jobs.claim("work", 9, 1000);
      expect(left.map(({ tenant, subject }) => [tenant, subject]).sort()).toEqual([
        ["acme", "b"],
        ["other", "a"],
      ]);
      expect(subjects(await store.jobs.claim("other", 9, 1000))).toEqual(["a"]);
    });

    test("whether there is a job about a subject can be asked, however it stands", async () => {
      const has = (subject: string) => store.jobs.has("acme", "work", subject);
      await store.jobs.enqueue([job("a"), job("b", { notBefore: 900 })]);
      await store.jobs.enqueue([job("c", { tenant: "other" }), job("d", { kind: "other" })]);
      const [running] = (await store.jobs.claim("work", 1, 0)) as [Job];
      expect(running.subject).toBe("a");
      expect(await Promise.all(["a", "b", "c", "d", "e"].map(has))).toEqual([
        true,
        true,
        false,
        false,
        false,
      ]);
      await store.jobs.finish(running.id);
      await store.jobs.cancel("acme", "work", "b");
      expect(await Promise.all(["a", "b"].map(has))).toEqual([false, false]);
    });

    test("a job that is put back is not begun before its time, and counts its attempts", async () => {
      await store.jobs.enqueue([job("a")]);
      for (const attempt of [1, 2, 3]) {
        const now = attempt * 1000;
        const [taken] = (await store.jobs.claim("work", 1, now)) as [Job];
        expect(taken.attempt).toBe(attempt);
        await store.jobs.retry(taken.id, now + 1000);
        expect(await store.jobs.nextAt("work")).toBe(now + 1000);
        expect(await store.jobs.claim("work", 1, now + 999)).toEqual([]);
      }
    });

    test("a job that is not running cannot be put back", async () => {
      await store.jobs.enqueue([job("a"), job("b")]);
      const [a] = (await store.jobs.claim("work", 1, 0)) as [Job];
      await store.jobs.retry(a.id + 1, 5000);
      await store.jobs.finish(a.id);
      await store.jobs.retry(a.id, 5000);
      expect(subjects(await store.jobs.claim("work", 9, 0))).toEqual(["b"]);
      expect(await store.jobs.nextAt("work")).toBeUndefined();
    });

    test("a job that is given back may begin at once, at the same attempt and in its place", async () => {
      await store.jobs.enqueue([job("a"), job("b")]);
      const [first] = (await store.jobs.claim("work", 1, 0)) as [Job];
      await store.jobs.retry(first.id, 500);
      const [, again] = (await store.jobs.claim("work", 2, 500)) as [Job, Job];
      const taken = await store.jobs.claim("work", 2, 500);
      expect(taken).toEqual([]);
      await store.jobs.giveBack(first.id);
      expect(await store.jobs.nextAt("work")).toBe(0);
      expect(await store.jobs.claim("work", 2, 0)).toMatchObject([{ subject: "a", attempt: 2 }]);
      expect(again.subject).toBe("b");
    });

    test("a job that is not running cannot be given back", async () => {
      await store.jobs.enqueue([job("a"), job("b")]);
      const [a] = (await store.jobs.claim("work", 1, 0)) as [Job];
      await store.jobs.giveBack(a.id + 1);
      await store.jobs.finish(a.id);
      await store.jobs.giveBack(a.id);
      expect(await store.jobs.claim("work", 9, 0)).toMatchObject([{ subject: "b", attempt: 1 }]);
    });

    test("a job queued for later waits, and then has the place it was queued at", async () => {
      await store.jobs.enqueue([
        job("later", { notBefore: 500 }),
        job("a"),
        job("latest", { notBefore: 900 }),
      ]);
      expect(await store.jobs.nextAt("work")).toBe(0);
      expect(subjects(await store.jobs.claim("work", 9, 499))).toEqual(["a"]);
      expect(await store.jobs.nextAt("work")).toBe(500);
      await store.jobs.enqueue([job("b")]);
      expect(subjects(await store.jobs.claim("work", 1, 500))).toEqual(["later"]);
      expect(subjects(await store.jobs.claim("work", 9, 900))).toEqual(["latest", "b"]);
    });

    test("what a former process left running is put back with its attempts; what waits is not touched", async () => {
      await store.jobs.enqueue([job("a"), job("b"), job("c", { notBefore: 700 })]);
      await store.jobs.claim("work", 1, 0);
      expect(await store.jobs.releaseAll()).toBe(1);
      expect(await store.jobs.releaseAll()).toBe(0);
      const taken = await store.jobs.claim("work", 9, 0);
      expect(taken.map(({ subject, attempt }) => [subject, attempt])).toEqual([
        ["a", 2],
        ["b", 1],
      ]);
      expect(await store.jobs.nextAt("work")).toBe(700);
    });

    describe("fair to tenants", () => {
      test("a claim takes the oldest of each in turn", async () => {
        const queued = ["a", "a", "a", "a", "b", "b", "c"].map((tenant, n) => job(String(n), { tenant }));
        await store.jobs.enqueue(queued);
        expect(subjects(await store.jobs.claim("work", 5, 0))).toEqual(["0", "4", "6", "1", "5"]);
        expect(subjects(await store.jobs.claim("work", 5, 0))).toEqual(["2", "3"]);
      });

      test("claims of one job each go on where the last one stopped", async () => {
        await store.jobs.enqueue(Array.from({ length: 500 }, (_, n) => job(`a${n}`, { tenant: "a" })));
        await store.jobs.enqueue([job("b0", { tenant: "b" }), job("c0", { tenant: "c" })]);
        const order: string[] = [];
        for (let n = 0; n < 4; n++) order.push(...subjects(await store.jobs.claim("work", 1, 0)));
        expect(order).toEqual(["a0", "b0", "c0", "a1"]);
        await store.jobs.enqueue([job("b1", { tenant: "b" })]);
        expect(subjects(await store.jobs.claim("work", 2, 0))).toEqual(["b1", "a2"]);
      });

      test("no tenant waits for more than one job of each other, whatever is queued", async () => {
        const tenants = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 40 });
        let kinds = 0;
        await fc.assert(
          fc.asyncProperty(tenants, fc.integer({ min: 1, max: 7 }), async (queue, limit) => {
            const kind = `kind ${++kinds}`;
            await store.jobs.enqueue(queue.map((tenant, n) => job(String(n), { tenant, kind })));
            const order: Job[] = [];
            for (let n = 0; n < queue.length; n += limit) {
              order.push(...(await store.jobs.claim(kind, limit, 0)));
            }
            expect(subjects(order).sort()).toEqual(queue.map((_, n) => String(n)).sort());
            // Between two jobs of a tenant that had more waiting, nobody else was served twice.
            for (const [at, { tenant }] of order.entries()) {
              const before = order.slice(0, at).findLastIndex((other) => other.tenant === tenant);
              const between = order.slice(before + 1, at).map((other) => other.tenant);
              expect(new Set(between).size).toBe(between.length);
              if (before >= 0)
                expect(Number(order[before]?.subject)).toBeLessThan(Number(order[at]?.subject));
            }
          }),
          { numRuns: 30 },
        );
      });
    });
  });
}
