import { encodeEvent, newId, type ResponseEvent } from "@gateway/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { readEvents, sampleBatch, sampleEvents, sampleStream } from "./sample-events.ts";
import { sampleConversation, sampleRecord, textsOf } from "./sample-records.ts";

/**
 * What every implementation of `ResponseStore` must do with events. `open` gives a new, empty store; it is closed
 * after each test.
 */
export function eventLogContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} logs the events of responses`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const running = (id = newId("resp")) => sampleRecord({ id, status: "in_progress", answer: null });
    async function beginResponse(tenant = "acme", events?: readonly ResponseEvent[]): Promise<string> {
      const record = running();
      await store.responses.begin(tenant, record, events);
      return record.response.id;
    }

    test("events come back in order, exactly as they are sent, from begin, append and finish", async () => {
      const [begun, one, many, last] = [
        ...[sampleEvents(0, 2), sampleEvents(2, 1), sampleEvents(3, 40), sampleEvents(43, 1)],
      ] as const;
      const id = await beginResponse("acme", begun);
      await store.responses.append("acme", id, one);
      await store.responses.append("acme", id, many);
      await store.responses.finish("acme", sampleRecord({ id }), last);
      const all = [...begun, ...one, ...many, ...last].map(encodeEvent);
      expect(await readEvents(store, "acme", id)).toEqual({ first: 0, events: all });
      const bytes = (events: readonly string[] = []): Buffer => Buffer.from(events.join("\n"));
      expect(bytes((await readEvents(store, "acme", id))?.events).equals(bytes(all))).toBe(true);
      expect((await store.responses.get("acme", id))?.response.status).toBe("completed");
    });

    test("a whole stream comes back as it was sent, while it runs and after its end", async () => {
      const id = newId("resp");
      const [begun = [], ...batches] = sampleStream(id);
      const ending = batches.pop() ?? [];
      const sent = begun.map(encodeEvent);
      await store.responses.begin("acme", running(id), begun);
      for (const batch of batches) {
        sent.push(...batch.map(encodeEvent));
        await store.responses.append("acme", id, batch);
      }
      expect(await readEvents(store, "acme", id)).toEqual({ first: 0, events: sent });
      sent.push(...ending.map(encodeEvent));
      await store.responses.finish("acme", sampleRecord({ id }), ending);
      for (let after = -1; after < sent.length - 1; after++)
        expect((await readEvents(store, "acme", id, after))?.events).toEqual(sent.slice(after + 1));
    });

    test("reading goes on after any number, however the events were cut into batches", async () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(sizes, async (cuts) => {
          const id = await beginResponse();
          let next = 0;
          for (const size of cuts) {
            await store.responses.append("acme", id, sampleEvents(next, size));
            next += size;
          }
          const all = sampleBatch(0, next).events;
          for (let after = -1; after <= next + 1; after++) {
            const read = await readEvents(store, "acme", id, after);
            expect(read?.events).toEqual(all.slice(after + 1));
            if (read && read.events.length > 0) expect(read.first).toBe(after + 1);
          }
        }),
        { numRuns: 25 },
      );
    });

    test("appends of one turn keep their order, and those of many responses do not mix", async () => {
      const ids = await Promise.all(Array.from({ length: 40 }, () => beginResponse()));
      const appends: Promise<void>[] = [];
      for (let turn = 0; turn < 25; turn++) {
        for (const id of ids) appends.push(store.responses.append("acme", id, sampleEvents(3 * turn, 3, id)));
      }
      await Promise.all(appends);
      for (const id of ids) expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 75, id));
    });

    test("a log that is long is read in parts, each of them whole events", async () => {
      const id = await beginResponse();
      const long = "x".repeat(9000);
      const batches = Array.from({ length: 90 }, (_, n) => sampleEvents(n, 1, long));
      await Promise.all(batches.map((batch) => store.responses.append("acme", id, batch)));
      await store.responses.append("acme", id, sampleEvents(90, 1, "x".repeat(900_000)));
      const read = await readEvents(store, "acme", id);
      expect(read?.events).toHaveLength(91);
      expect(read?.events.slice(0, 90)).toEqual(sampleBatch(0, 90, long).events);
      expect(read?.events[90]?.length).toBeGreaterThan(900_000);
    });

    test("an append that was acknowledged is read at once; events are taken as they are at the time of the call", async () => {
      const id = await beginResponse();
      const events = sampleEvents(0, 2, "as it was");
      const written = store.responses.append("acme", id, events);
      for (const event of events) Object.assign(event, { delta: "changed" });
      events.push(...sampleEvents(2, 1));
      await written;
      expect(await store.responses.events("acme", id, -1)).toEqual(sampleBatch(0, 2, "as it was"));
    });

    test("a response without events has none, and no events add none", async () => {
      const id = await beginResponse();
      await store.responses.append("acme", id, []);
      await store.responses.begin("acme", running(id), []);
      expect((await store.responses.events("acme", id, -1))?.events).toEqual([]);
      await store.responses.finish("acme", sampleRecord({ id }), []);
      expect((await store.responses.events("acme", id, -1))?.events).toEqual([]);
      const other = sampleRecord();
      await store.responses.finish("acme", other);
      expect((await store.responses.events("acme", other.response.id, 7))?.events).toEqual([]);
    });

    test("a response that ends without having begun can have events", async () => {
      const record = sampleRecord();
      await store.responses.finish("acme", record, sampleEvents(0, 3));
      expect(await readEvents(store, "acme", record.response.id)).toEqual(sampleBatch(0, 3));
    });

    test("where numbers are missing, reading stops before them and goes on behind them", async () => {
      const id = await beginResponse("acme", sampleEvents(0, 2));
      await store.responses.append("acme", id, sampleEvents(7, 2));
      expect(await store.responses.events("acme", id, 0)).toEqual(sampleBatch(1, 1));
      for (const after of [1, 4, 6])
        expect(await store.responses.events("acme", id, after)).toEqual(sampleBatch(7, 2));
      expect((await store.responses.events("acme", id, 8))?.events).toEqual([]);
      await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(12, 1));
      for (const [after, found] of [
        [0, sampleBatch(1, 1)],
        [1, sampleBatch(7, 2)],
        [9, sampleBatch(12, 1)],
      ] as const)
        expect(await store.responses.events("acme", id, after)).toEqual(found);
    });

    test("the events of one call follow each other, or nothing is written", async () => {
      const id = await beginResponse("acme", sampleEvents(0, 2));
      const wrong = [...sampleEvents(2, 1), ...sampleEvents(4, 1)];
      await expect(store.responses.append("acme", id, wrong)).rejects.toThrow();
      await expect(store.responses.finish("acme", sampleRecord({ id }), wrong)).rejects.toThrow();
      expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 2));
      expect((await store.responses.get("acme", id))?.response.status).toBe("in_progress");
    });

    test("what is written in one turn of the loop counts in the order of the calls", async () => {
      const record = running();
      const { id } = record.response;
      await Promise.all([
        store.responses.append("acme", id, sampleEvents(0, 1, "too early")),
        store.responses.begin("acme", record, sampleEvents(0, 2)),
        store.responses.append("acme", id, sampleEvents(2, 3)),
        store.responses.finish("acme", sampleRecord({ id }), sampleEvents(5, 2)),
        store.responses.append("acme", id, sampleEvents(7, 1, "too late")),
      ]);
      expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 7));
    });

    test("deleting one of many that run leaves the others whole, and what they still get", async () => {
      const ids = await Promise.all(
        Array.from({ length: 6 }, () => beginResponse("acme", sampleEvents(0, 2))),
      );
      for (const [place, id] of ids.entries()) {
        const rest = ids.slice(place);
        await Promise.all([
          ...rest.map((other) => store.responses.append("acme", other, sampleEvents(2 + 3 * place, 3))),
          ...(place % 2 === 0 ? [store.responses.delete("acme", id)] : []),
        ]);
      }
      for (const [place, id] of ids.entries()) {
        const kept = place % 2 === 0 ? undefined : sampleBatch(0, 2 + 3 * (place + 1));
        expect(await readEvents(store, "acme", id)).toEqual(kept);
      }
    });

    describe("and nothing else", () => {
      test("events of another tenant, and of an unknown or strange id, are not found and not written", async () => {
        const id = await beginResponse("acme", sampleEvents(0, 1));
        expect(await store.responses.events("other", id, -1)).toBeUndefined();
        await store.responses.append("other", id, sampleEvents(1, 1));
        for (const unknown of ["resp_unknown", "", "'; DROP TABLE responses; --", "\u0000"]) {
          await store.responses.append("acme", unknown, sampleEvents(0, 1));
          expect(await store.responses.events("acme", unknown, -1)).toBeUndefined();
        }
        expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 1));
      });

      test("the same id of two tenants has two logs", async () => {
        const id = await beginResponse("acme", sampleEvents(0, 1, "ours"));
        await store.responses.begin("other", running(id), sampleEvents(0, 2, "theirs"));
        await store.responses.append("other", id, sampleEvents(2, 1, "theirs"));
        await store.responses.delete("acme", id);
        expect(await store.responses.events("acme", id, -1)).toBeUndefined();
        expect(await readEvents(store, "other", id)).toEqual(sampleBatch(0, 3, "theirs"));
      });

      test("before a response has begun nothing is logged, and it begins without events", async () => {
        const record = running();
        const { id } = record.response;
        await store.responses.append("acme", id, sampleEvents(0, 4));
        expect(await store.responses.events("acme", id, -1)).toBeUndefined();
        await store.responses.begin("acme", record);
        expect((await store.responses.events("acme", id, -1))?.events).toEqual([]);
      });

      test("a queued response takes events too", async () => {
        const record = sampleRecord({ status: "queued", answer: null });
        const { id } = record.response;
        await store.responses.begin("acme", record, sampleEvents(0, 1));
        await store.responses.append("acme", id, sampleEvents(1, 1));
        await store.responses.begin("acme", running(id), sampleEvents(2, 1));
        expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 3));
      });

      test.for(["completed", "incomplete", "failed", "cancelled"] as const)(
        "after the end of a response that is %s nothing is logged",
        async (status) => {
          const id = await beginResponse("acme", sampleEvents(0, 1));
          const ended = sampleRecord({ id, status });
          await store.responses.finish("acme", ended, sampleEvents(1, 1));
          await store.responses.append("acme", id, sampleEvents(2, 1));
          await store.responses.begin("acme", running(id), sampleEvents(2, 1));
          await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(2, 1));
          expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 2));
          expect(await store.responses.get("acme", id)).toEqual(ended);
        },
      );

      test("of two ends at once the first counts, with its events", async () => {
        const id = await beginResponse("acme", sampleEvents(0, 1));
        const [cancelled, completed] = [sampleRecord({ id, status: "cancelled" }), sampleRecord({ id })];
        await Promise.all([
          store.responses.finish("acme", cancelled, sampleEvents(1, 1, "cancelled")),
          store.responses.append("acme", id, sampleEvents(1, 1, "late")),
          store.responses.finish("acme", completed, sampleEvents(1, 2, "completed")),
        ]);
        expect(await store.responses.get("acme", id)).toEqual(cancelled);
        expect(await store.responses.events("acme", id, 0)).toEqual(sampleBatch(1, 1, "cancelled"));
      });
    });

    test("a deleted response has no events, and takes none", async () => {
      const id = await beginResponse("acme", sampleEvents(0, 2));
      expect(await store.responses.delete("acme", id)).toBe(true);
      await store.responses.append("acme", id, sampleEvents(2, 1));
      await store.responses.begin("acme", running(id), sampleEvents(2, 1));
      await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(2, 1));
      expect(await store.responses.events("acme", id, -1)).toBeUndefined();
    });

    test("a response with a very long log is deleted, and its neighbours keep theirs", async () => {
      const [id, kept] = [await beginResponse(), await beginResponse()];
      const batches = Array.from({ length: 1000 }, (_, n) => sampleEvents(n, 1));
      const append = (batch: readonly ResponseEvent[]) =>
        [id, kept].map((to) => store.responses.append("acme", to, batch));
      await Promise.all(batches.flatMap(append));
      expect(await store.responses.delete("acme", id)).toBe(true);
      expect(await store.responses.events("acme", id, -1)).toBeUndefined();
      expect(await readEvents(store, "acme", kept)).toEqual(sampleBatch(0, 1000));
    });

    test("an end that fails writes neither the response nor its events nor its turn", async () => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, []);
      const begun = sampleRecord({ status: "in_progress", answer: null, conversation: conversation.id });
      const { id } = begun.response;
      await store.responses.begin("acme", begun, sampleEvents(0, 1));
      const circular = sampleRecord({ id, conversation: conversation.id });
      Object.assign(circular.response.metadata, { self: circular.response });
      const ended = sampleRecord({ id, conversation: conversation.id });
      const results = await Promise.allSettled([
        store.responses.finish("acme", circular, sampleEvents(1, 1)),
        store.responses.finish("acme", ended, sampleEvents(Number.NaN, 1)),
        store.responses.append("acme", id, sampleEvents(Number.NaN, 1)),
        store.responses.append("acme", id, sampleEvents(1, 1)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
      expect(await store.responses.get("acme", id)).toEqual(begun);
      expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
      expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 2));

      await store.responses.finish("acme", ended, sampleEvents(2, 1));
      expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 3));
      expect(textsOf(await store.conversations.items("acme", conversation.id))).toEqual([
        "question",
        "answer",
      ]);
    });
  });
}
