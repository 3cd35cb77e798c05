import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RetentionLimits, RetentionSlice } from "../retention.ts";
import type { Store } from "../store.ts";
import { readEvents, sampleBatch, sampleEvents } from "./sample-events.ts";
import {
  findItem,
  type SampleRecord,
  sampleConversation,
  sampleItem,
  sampleRecord,
  textsOf,
} from "./sample-records.ts";

/** Sweeps until nothing is over; gives the sums. Every slice is checked for its size. */
export async function sweepAll(
  store: Store,
  limits: RetentionLimits,
): Promise<Omit<RetentionSlice, "rows" | "more" | "isTooLarge"> & { slices: number }> {
  const sum = { responses: 0, eventLogs: 0, conversations: 0, idempotencyKeys: 0, slices: 0 };
  for (;;) {
    const slice = await store.retention.sweep(limits);
    expect(slice.rows).toBeLessThanOrEqual(200);
    sum.responses += slice.responses;
    sum.eventLogs += slice.eventLogs;
    sum.conversations += slice.conversations;
    sum.idempotencyKeys += slice.idempotencyKeys;
    sum.slices++;
    if (!slice.more) return sum;
  }
}

/** What `Store.retention` must do. `open` gives a new, empty store; it is closed after each test. */
export function retentionContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} removes what is over`, () => {
    let store: Store;
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ["Date"], now: 1000_000 });
      store = await open();
    });
    afterEach(async () => {
      vi.useRealTimers();
      await store.close();
    });

    /** A response of a time in seconds; gives its id. */
    async function add(createdAt: number, sample: SampleRecord = {}, events?: number): Promise<string> {
      const record = sampleRecord(sample);
      record.response.created_at = createdAt;
      const log = events === undefined ? undefined : sampleEvents(0, events);
      const { status } = record.response;
      if (status === "queued" || status === "in_progress") await store.responses.begin("acme", record, log);
      else await store.responses.finish("acme", record, log);
      return record.response.id;
    }
    const isThere = async (id: string) => (await store.responses.get("acme", id)) !== undefined;
    const eventsOf = async (id: string) => (await readEvents(store, "acme", id))?.events.length;

    test("without limits nothing goes", async () => {
      const id = await add(1);
      expect(await sweepAll(store, {})).toMatchObject({ responses: 0, conversations: 0, slices: 1 });
      expect(await isThere(id)).toBe(true);
    });

    test("responses that were created before a time, of every tenant and however they ended", async () => {
      const ended = ["completed", "incomplete", "failed", "cancelled"] as const;
      const old = await Promise.all(ended.map((status) => add(99, { status }, 3)));
      const young = await add(100, {}, 3);
      const other = sampleRecord();
      other.response.created_at = 99;
      await store.responses.finish("other", other);
      expect(await sweepAll(store, { responsesBefore: 100 })).toMatchObject({ responses: 5 });
      expect(await Promise.all([...old, young].map(isThere))).toEqual([false, false, false, false, true]);
      expect(await store.responses.get("other", other.response.id)).toBeUndefined();
      expect(await eventsOf(old[0] as string)).toBeUndefined();
      expect(await store.responses.delete("acme", old[0] as string)).toBe(false);
      expect(await eventsOf(young)).toBe(3);
      expect(await sweepAll(store, { responsesBefore: 100 })).toMatchObject({ responses: 0 });
    });

    test("a response that has not ended never goes, nor do its events", async () => {
      const running = await add(1, { status: "in_progress", answer: null }, 3);
      const queued = await add(1, { status: "queued", answer: null }, 3);
      const all = { responsesBefore: 1e6, eventsBefore: 1e6, maxBytes: 1 };
      expect(await sweepAll(store, all)).toMatchObject({ responses: 0, eventLogs: 0 });
      expect(await Promise.all([running, queued].map(eventsOf))).toEqual([3, 3]);
      const record = sampleRecord({ id: running });
      await store.responses.finish("acme", record, sampleEvents(3, 1));
      expect(await readEvents(store, "acme", running)).toEqual(sampleBatch(0, 4));
    });

    test("chains go on without the turns that went, as after a deletion", async () => {
      const a = await add(10, { input: ["a"], answer: "A" });
      const b = await add(90, { input: ["b"], answer: "B", previous: a });
      const c = await add(20, { input: ["c"], answer: "C", previous: b });
      const d = await add(95, { input: ["d"], answer: "D", previous: c });
      const texts = async (id: string) => textsOf(await store.responses.chain("acme", id));
      // The one in the middle goes, those on both sides stay.
      await sweepAll(store, { responsesBefore: 11 });
      expect(await texts(d)).toEqual(["b", "B", "c", "C", "d", "D"]);
      await sweepAll(store, { responsesBefore: 50 });
      expect(await texts(d)).toEqual(["b", "B", "d", "D"]);
      expect(await texts(c)).toBeUndefined();
      await sweepAll(store, { responsesBefore: 91 });
      expect(await texts(d)).toEqual(["d", "D"]);
      const e = await add(96, { input: ["e"], answer: "E", previous: d });
      expect(await texts(e)).toEqual(["d", "D", "e", "E"]);
    });

    test("items that came from outside are not found any more", async () => {
      const ids = Array.from({ length: 450 }, (_, n) => `mine_${n}`);
      await add(1, { input: ids, inputIds: ids });
      expect(await findItem(store, "acme", "mine_7")).toBeDefined();
      expect(await sweepAll(store, { responsesBefore: 2 })).toMatchObject({ responses: 1, slices: 3 });
      expect((await store.responses.findItems("acme", ids)).size).toBe(0);
    });

    test("the event logs alone: the responses stay, and read as if none had been logged", async () => {
      const old = await add(10, {}, 5);
      const young = await add(20, {}, 5);
      expect(await sweepAll(store, { eventsBefore: 20 })).toMatchObject({ eventLogs: 1, responses: 0 });
      expect(await store.responses.events("acme", old, -1)).toEqual({ first: 0, events: [] });
      expect((await store.responses.events("acme", old, 3))?.events).toEqual([]);
      expect(await isThere(old)).toBe(true);
      expect(await eventsOf(young)).toBe(5);
      expect(await sweepAll(store, { eventsBefore: 20 })).toMatchObject({ eventLogs: 0 });
      expect(await sweepAll(store, { eventsBefore: 21 })).toMatchObject({ eventLogs: 1 });
    });

    test("old logs behind a response that runs for long, and behind many young ones of a wrong clock", async () => {
      await add(10, { status: "in_progress", answer: null }, 1);
      for (let n = 0; n < 150; n++) await add(5000, {}, 1);
      const old = await add(11, {}, 1);
      expect(await sweepAll(store, { eventsBefore: 20 })).toMatchObject({ eventLogs: 1 });
      expect(await eventsOf(old)).toBe(0);
    });

    test("a long log is never seen in part while it goes, and its response can be deleted meanwhile", async () => {
      const ids = [await add(1, { status: "in_progress", answer: null }), ""];
      ids[1] = await add(1, { status: "in_progress", answer: null });
      for (const id of ids) {
        const long = "x".repeat(20_000);
        const appends = Array.from({ length: 80 }, (_, n) =>
          store.responses.append("acme", id, sampleEvents(n, 1, long)),
        );
        await Promise.all(appends);
        await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(80, 1));
      }
      const [first, second] = ids as [string, string];
      const limits = { eventsBefore: 1_800_000_000 };
      expect(await store.retention.sweep(limits)).toMatchObject({ eventLogs: 0, more: true });
      expect(await store.responses.events("acme", first, -1)).toEqual({ first: 0, events: [] });
      expect((await store.responses.events("acme", first, 70))?.events).toEqual([]);
      expect(await eventsOf(second)).toBe(81);
      expect(await store.responses.delete("acme", first)).toBe(true);
      expect(await sweepAll(store, limits)).toMatchObject({ eventLogs: 1 });
      expect(await eventsOf(second)).toBe(0);
      expect(await isThere(second)).toBe(true);
    });

    test("conversations that were last written to before a time go with their items, whatever is in them", async () => {
      const [idle, active] = [sampleConversation(), sampleConversation()];
      const items = Array.from({ length: 450 }, (_, n) => sampleItem(`idle ${n}`));
      await store.conversations.create("acme", idle, items);
      await store.conversations.create("acme", active, [sampleItem("kept")]);
      const response = await add(1, { conversation: idle.id });
      vi.setSystemTime(2000_000);
      await store.conversations.append("acme", active.id, [sampleItem("more")]);
      const limits = { conversationsBefore: 1500 };
      expect(await store.retention.sweep(limits)).toMatchObject({ conversations: 0, more: true });
      // Not a part of it is seen while it goes.
      expect(await store.conversations.get("acme", idle.id)).toBeUndefined();
      expect(await store.conversations.items("acme", idle.id)).toBeUndefined();
      expect(await store.conversations.append("acme", idle.id, [])).toBeUndefined();
      expect(await sweepAll(store, limits)).toMatchObject({ conversations: 1 });
      expect(await findItem(store, "acme", items[449]?.id ?? "")).toBeUndefined();
      expect(textsOf(await store.conversations.items("acme", active.id))).toEqual(["kept", "more"]);
      expect(await isThere(response)).toBe(true);
    });

    test.for([
      ["a turn", (id: string) => add(2000, { conversation: id })],
      [
        "a turn that begins",
        (id: string) => add(1, { conversation: id, status: "in_progress", answer: null }),
      ],
      ["a turn that failed", (id: string) => add(2000, { conversation: id, status: "failed", answer: null })],
      ["new metadata", (id: string) => store.conversations.update("acme", id, { a: "b" })],
      ["an item that is deleted", (id: string) => store.conversations.deleteItem("acme", id, "msg_1")],
    ] as const)("%s keeps a conversation", async ([, act]) => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, [sampleItem("x", "msg_1")]);
      vi.setSystemTime(2000_000);
      await act(conversation.id);
      // A clock that is set back does not make it look older.
      vi.setSystemTime(1000_000);
      await store.conversations.append("acme", conversation.id, [sampleItem("y")]);
      expect(await sweepAll(store, { conversationsBefore: 2000 })).toMatchObject({ conversations: 0 });
      expect(await sweepAll(store, { conversationsBefore: 2001 })).toMatchObject({ conversations: 1 });
    });

    test("above the size, the oldest responses go, and no more than have to", async () => {
      const answer = "x".repeat(50_000);
      const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => add(1000 - n, { answer }, 2)));
      expect(await sweepAll(store, { maxBytes: 100_000_000 })).toMatchObject({ responses: 0 });
      const { responses } = await sweepAll(store, { maxBytes: 1_000_000 });
      expect(responses).toBeGreaterThan(20);
      expect(responses).toBeLessThan(32);
      // The later it was added, the older it is.
      const kept = await Promise.all(ids.map(isThere));
      expect(kept).toEqual(ids.map((_, n) => n < 40 - responses));
      expect(await sweepAll(store, { maxBytes: 1_000_000 })).toMatchObject({ responses: 0 });
    });

    test("a store that is too large for other reasons says so, and the sweep ends", async () => {
      const text = "x".repeat(200_000);
      await store.conversations.create("acme", sampleConversation(), [sampleItem(text)]);
      await add(1);
      const slice = await store.retention.sweep({ maxBytes: 100_000 });
      expect(slice).toMatchObject({ responses: 1, more: false, isTooLarge: true });
    });

    test("a response with much content has a slice for itself", async () => {
      const answer = "x".repeat(1_000_000);
      for (let n = 0; n < 3; n++) await add(n, { answer });
      expect(await sweepAll(store, { responsesBefore: 100 })).toMatchObject({ responses: 3, slices: 4 });
    });

    test("idempotency keys that were claimed before a time, with their answers, of every tenant", async () => {
      const claim = (tenant: string, key: string, now: number) =>
        store.idempotency.claim({ tenant, path: "/", key }, { responseId: key, bodyHash: "" }, now);
      for (let n = 0; n < 300; n++) await claim(n % 2 === 0 ? "acme" : "other", `old ${n}`, 99 - (n % 50));
      await store.idempotency.complete({ tenant: "acme", path: "/", key: "old 0" }, "old 0", "answer");
      await claim("acme", "young", 100);
      expect(await sweepAll(store, { responsesBefore: 1e6, conversationsBefore: 1e6 })).toMatchObject({
        idempotencyKeys: 0,
      });
      expect(await sweepAll(store, { idempotencyKeysBefore: 100 })).toMatchObject({
        ...{ idempotencyKeys: 300, slices: 2 },
      });
      expect(await claim("acme", "young", 200)).toMatchObject({ responseId: "young" });
      // Gone, so that it can be claimed; and as old as its new claim, however old the one before was.
      expect(await claim("acme", "old 0", 100)).toBeUndefined();
      expect(await sweepAll(store, { idempotencyKeysBefore: 100 })).toMatchObject({ idempotencyKeys: 0 });
    });

    test("kept answers that are large have slices for themselves", async () => {
      for (let n = 0; n < 4; n++) {
        const key = { tenant: "acme", path: "/", key: `k${n}` };
        await store.idempotency.claim(key, { responseId: "resp_1", bodyHash: "" }, 1);
        await store.idempotency.complete(key, "resp_1", "x".repeat(1_000_000));
      }
      expect(await sweepAll(store, { idempotencyKeysBefore: 2 })).toMatchObject({
        ...{ idempotencyKeys: 4, slices: 5 },
      });
    });

    test("while others write and read, nothing of theirs is lost", async () => {
      const old = await Promise.all(Array.from({ length: 300 }, (_, n) => add(n, {}, 4)));
      const sweeping = sweepAll(store, { responsesBefore: 5000 });
      const young = await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          add(9000, { previous: old[n] ?? "", answer: `answer ${n}` }, 2),
        ),
      );
      expect(await sweeping).toMatchObject({ responses: 300 });
      for (const [n, id] of young.entries()) {
        expect(textsOf(await store.responses.chain("acme", id))).toEqual(["question", `answer ${n}`]);
        expect(await eventsOf(id)).toBe(2);
      }
    });
  });
}
