import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { readEvents, sampleBatch, sampleEvents } from "./sample-events.ts";
import { sampleRecord } from "./sample-records.ts";

/**
 * What every implementation of `ResponseStore` must do with responses that outlive their request, and their process.
 * `open` gives a new, empty store; it is closed after each test.
 */
export function unfinishedResponsesContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps responses that have not ended`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const queued = (id?: string) => sampleRecord({ status: "queued", answer: null, ...(id && { id }) });
    const running = (id?: string) => sampleRecord({ status: "in_progress", answer: null, ...(id && { id }) });

    test("a response that begins with a payload queues one job, with what it was given", async () => {
      const record = queued();
      const { id } = record.response;
      const payload = { request: { model: "sample", input: "question" }, attempts: [1, 2] };
      const begun = store.responses.begin("acme", record, sampleEvents(0, 1), { payload });
      payload.attempts.push(3);
      await begun;
      await store.responses.begin("acme", running(id), sampleEvents(1, 1));
      await store.responses.begin("acme", running(id));
      expect(await store.jobs.claim("respond", 9, Date.now())).toEqual([
        {
          ...{ id: expect.any(Number), kind: "respond", tenant: "acme", subject: id, attempt: 1 },
          payload: { request: { model: "sample", input: "question" }, attempts: [1, 2] },
        },
      ]);
      expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 2));
      expect(await store.responses.get("acme", id)).toEqual(running(id));
    });

    test("one that begins without a payload queues none", async () => {
      await store.responses.begin("acme", queued(), sampleEvents(0, 1));
      expect(await store.jobs.nextAt("respond")).toBeUndefined();
    });

    test("a response that has ended or was deleted queues no job", async () => {
      const [ended, deleted] = [sampleRecord(), queued()];
      await store.responses.finish("acme", ended);
      await store.responses.begin("acme", deleted);
      await store.responses.delete("acme", deleted.response.id);
      for (const { response } of [ended, deleted]) {
        await store.responses.begin("acme", queued(response.id), undefined, { payload: 1 });
      }
      expect(await store.jobs.nextAt("respond")).toBeUndefined();
    });

    test("a begin that fails queues no job", async () => {
      const record = queued();
      const bad = sampleEvents(Number.NaN, 1);
      await expect(store.responses.begin("acme", record, bad, { payload: 1 })).rejects.toMatchObject({
        code: "storage_error",
      });
      expect(await store.responses.get("acme", record.response.id)).toBeUndefined();
      expect(await store.jobs.nextAt("respond")).toBeUndefined();
    });

    test("the job of a response goes with it, waiting or running, and no other", async () => {
      const [waiting, taken, kept] = [queued(), queued(), queued()];
      await store.responses.begin("acme", taken, undefined, { payload: "taken" });
      const [job] = await store.jobs.claim("respond", 1, Date.now());
      for (const record of [waiting, kept]) {
        await store.responses.begin("acme", record, undefined, { payload: "waiting" });
      }
      await store.responses.begin("other", queued(waiting.response.id), undefined, { payload: "theirs" });
      for (const { response } of [waiting, taken]) await store.responses.delete("acme", response.id);
      expect(job?.subject).toBe(taken.response.id);
      expect(await store.jobs.releaseAll()).toBe(0);
      const left = await store.jobs.claim("respond", 9, Date.now());
      expect(left.map(({ tenant, subject }) => [tenant, subject]).sort()).toEqual([
        ["acme", kept.response.id],
        ["other", waiting.response.id],
      ]);
    });

    test("all that are queued or running are listed, of all tenants, oldest first", async () => {
      expect(await store.responses.unfinished()).toEqual([]);
      const records = [queued(), running(), queued(), running()];
      const tenants = ["acme", "other", "other", "acme"];
      for (const [n, record] of records.entries()) await store.responses.begin(tenants[n] ?? "", record);
      for (const status of ["completed", "incomplete", "failed", "cancelled"] as const) {
        await store.responses.finish("acme", sampleRecord({ status }));
      }
      const deleted = running();
      await store.responses.begin("acme", deleted);
      await store.responses.delete("acme", deleted.response.id);
      const expected = records.map((record, n) => ({ tenant: tenants[n], record }));
      expect(await store.responses.unfinished()).toEqual(expected);

      // A response keeps its place when it is taken up, and leaves the list when it ends.
      const first = running(records[0]?.response.id);
      await store.responses.begin("acme", first);
      await store.responses.finish("other", sampleRecord({ id: records[1]?.response.id ?? "" }));
      expect(await store.responses.unfinished()).toEqual([
        { tenant: "acme", record: first },
        ...expected.slice(2),
      ]);
    });

    test("they are listed as they were written last, whatever was logged since", async () => {
      const record = running();
      await store.responses.begin("acme", record);
      await store.responses.append("acme", record.response.id, sampleEvents(0, 9));
      expect(await store.responses.unfinished()).toEqual([{ tenant: "acme", record }]);
    });
  });
}
