import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { findItem, sampleConversation, sampleRecord, textsOf } from "./sample-records.ts";

/**
 * What every implementation of `ResponseStore` must do. `open` gives a new, empty store; it is closed after
 * each test.
 */
export function responseStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps responses`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("a finished response is found with its input, exactly as it was given", async () => {
      const record = sampleRecord({ input: ["first", "quote ' \" \u0000 \u{1f600} \ud800"], answer: "ä\n" });
      await store.responses.finish("acme", record);
      expect(await store.responses.get("acme", record.response.id)).toEqual(record);
    });

    test("a record is taken as it is at the time of the call", async () => {
      const record = sampleRecord();
      const before = structuredClone(record);
      const written = store.responses.finish("acme", record);
      record.response.status = "failed";
      record.input.pop();
      await written;
      expect(await store.responses.get("acme", before.response.id)).toEqual(before);
    });

    test("a response that has begun is found while it runs, and is replaced when it ends", async () => {
      const begun = sampleRecord({ status: "in_progress", answer: null });
      const { id } = begun.response;
      await store.responses.begin("acme", begun);
      expect(await store.responses.get("acme", id)).toEqual(begun);
      const ended = sampleRecord({ id });
      await store.responses.finish("acme", ended);
      expect(await store.responses.get("acme", id)).toEqual(ended);
    });

    test("the first end counts: a response that has ended is not written again", async () => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, []);
      const ended = sampleRecord({ conversation: conversation.id });
      const { id } = ended.response;
      await store.responses.finish("acme", ended);
      await store.responses.finish(
        "acme",
        sampleRecord({ id, answer: "other", conversation: conversation.id }),
      );
      await store.responses.begin("acme", sampleRecord({ id, status: "in_progress", answer: null }));
      expect(await store.responses.get("acme", id)).toEqual(ended);
      expect(textsOf(await store.conversations.items("acme", conversation.id))).toEqual([
        "question",
        "answer",
      ]);
    });

    test("an unknown id, also a strange one, is not found", async () => {
      for (const id of ["resp_unknown", "", "'; DROP TABLE responses; --", "\u0000"]) {
        expect(await store.responses.get("acme", id)).toBeUndefined();
        expect(await store.responses.chain("acme", id)).toBeUndefined();
        expect(await findItem(store, "acme", id)).toBeUndefined();
        expect(await store.responses.delete("acme", id)).toBe(false);
      }
    });

    describe("for one tenant only", () => {
      test("what belongs to another is not found, not continued and not deleted", async () => {
        const record = sampleRecord({ inputIds: ["mine"] });
        const { id } = record.response;
        await store.responses.finish("acme", record);
        const follower = sampleRecord({ previous: id });
        await store.responses.finish("other", follower);

        expect(await store.responses.get("other", id)).toBeUndefined();
        expect(await store.responses.chain("other", id)).toBeUndefined();
        expect(await store.responses.chain("other", follower.response.id)).toHaveLength(2);
        expect(await findItem(store, "other", "mine")).toBeUndefined();
        expect(await findItem(store, "other", record.response.output[0]?.id ?? "")).toBeUndefined();
        expect(await store.responses.delete("other", id)).toBe(false);
        expect(await store.responses.get("acme", id)).toEqual(record);
      });

      test("the same id of two tenants is two responses", async () => {
        const ours = sampleRecord({ answer: "ours" });
        const theirs = sampleRecord({ id: ours.response.id, answer: "theirs" });
        await Promise.all([store.responses.finish("acme", ours), store.responses.finish("other", theirs)]);
        expect(await store.responses.get("acme", ours.response.id)).toEqual(ours);
        expect(await store.responses.get("other", ours.response.id)).toEqual(theirs);
      });

      test.for(["failed", "cancelled"] as const)(
        "a response that %s does not join its conversation",
        async (status) => {
          const conversation = sampleConversation();
          await store.conversations.create("acme", conversation, []);
          const record = sampleRecord({ conversation: conversation.id, status });
          await store.responses.finish("acme", record);
          expect(await store.responses.get("acme", record.response.id)).toEqual(record);
          expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
        },
      );

      test("a response is not appended to another tenant's conversation", async () => {
        const conversation = sampleConversation();
        await store.conversations.create("acme", conversation, []);
        await store.responses.finish("other", sampleRecord({ conversation: conversation.id }));
        expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
      });
    });

    describe("that can be deleted", () => {
      test("a deleted response is gone, and deleting it again says so", async () => {
        const record = sampleRecord({ inputIds: ["mine"] });
        const { id, output } = record.response;
        await store.responses.finish("acme", record);
        expect(await store.responses.delete("acme", id)).toBe(true);
        expect(await store.responses.delete("acme", id)).toBe(false);
        expect(await store.responses.get("acme", id)).toBeUndefined();
        expect(await store.responses.chain("acme", id)).toBeUndefined();
        expect(await findItem(store, "acme", "mine")).toBeUndefined();
        expect(await findItem(store, "acme", output[0]?.id ?? "")).toBeUndefined();
      });

      test("later responses go on without the deleted turn, and with those before it", async () => {
        const first = sampleRecord({ input: ["q1"], answer: "a1" });
        const second = sampleRecord({ input: ["q2"], answer: "a2", previous: first.response.id });
        const third = sampleRecord({ input: ["q3"], answer: "a3", previous: second.response.id });
        for (const record of [first, second, third]) await store.responses.finish("acme", record);
        await store.responses.delete("acme", second.response.id);
        expect(textsOf(await store.responses.chain("acme", third.response.id))).toEqual([
          "q1",
          "a1",
          "q3",
          "a3",
        ]);
      });

      test("a response deleted while it runs does not come back, nor does its turn in the conversation", async () => {
        const conversation = sampleConversation();
        await store.conversations.create("acme", conversation, []);
        const begun = sampleRecord({ status: "in_progress", answer: null, conversation: conversation.id });
        const { id } = begun.response;
        await store.responses.begin("acme", begun);
        expect(await store.responses.delete("acme", id)).toBe(true);
        await store.responses.finish("acme", sampleRecord({ id, conversation: conversation.id }));
        await store.responses.begin("acme", begun);
        expect(await store.responses.get("acme", id)).toBeUndefined();
        expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
        expect(await store.responses.unfinished()).toEqual([]);
      });

      test("items that a response put into a conversation stay there", async () => {
        const conversation = sampleConversation();
        await store.conversations.create("acme", conversation, []);
        const record = sampleRecord({ conversation: conversation.id });
        await store.responses.finish("acme", record);
        await store.responses.delete("acme", record.response.id);
        expect(textsOf(await store.conversations.items("acme", conversation.id))).toEqual([
          "question",
          "answer",
        ]);
        const itemId = record.input[0]?.id ?? "";
        expect(await findItem(store, "acme", itemId)).toEqual(record.input[0]);
      });
    });

    test("a response ends and its turn joins the conversation in one step", async () => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, []);
      const turns = [1, 2, 3].map((turn) =>
        sampleRecord({ input: [`q${turn}`], answer: `a${turn}`, conversation: conversation.id }),
      );
      for (const turn of turns) {
        await store.responses.begin("acme", {
          ...turn,
          response: { ...turn.response, status: "in_progress" },
        });
      }
      expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
      for (const turn of turns.toReversed()) await store.responses.finish("acme", turn);
      expect(textsOf(await store.conversations.items("acme", conversation.id))).toEqual([
        "q3",
        "a3",
        "q2",
        "a2",
        "q1",
        "a1",
      ]);
    });

    test("a response whose conversation was deleted meanwhile is stored all the same", async () => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, []);
      await store.conversations.delete("acme", conversation.id);
      const record = sampleRecord({ conversation: conversation.id });
      await store.responses.finish("acme", record);
      expect(await store.responses.get("acme", record.response.id)).toEqual(record);
      expect(await store.conversations.get("acme", conversation.id)).toBeUndefined();
    });

    test("a record that cannot be written is rejected, and its neighbours are not", async () => {
      const bad = sampleRecord();
      Object.assign(bad.response.metadata, { self: bad.response });
      const good = sampleRecord();
      const results = await Promise.allSettled([
        store.responses.finish("acme", bad),
        store.responses.finish("acme", good),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
      expect(await store.responses.get("acme", good.response.id)).toEqual(good);
      expect(await store.responses.get("acme", bad.response.id)).toBeUndefined();
    });
  });
}
