import { type Item, newId, type PageQuery } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { findItem, sampleConversation, sampleItem, sampleRecord, textsOf } from "./sample-records.ts";

/**
 * What every implementation of `ConversationStore` must do. `open` gives a new, empty store; it is closed
 * after each test.
 */
export function conversationStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps conversations`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    /** A conversation with these messages; their ids are `m-` and the text. */
    async function conversationWith(...texts: string[]): Promise<string> {
      const conversation = sampleConversation();
      await store.conversations.create(
        "acme",
        conversation,
        texts.map((text) => sampleItem(text, `m-${text}`)),
      );
      return conversation.id;
    }

    async function pageOf(
      id: string,
      query: Partial<PageQuery>,
    ): Promise<[string[] | undefined, boolean | undefined]> {
      const page = await store.conversations.page("acme", id, { limit: 20, order: "desc", ...query });
      return [textsOf(page?.data), page?.hasMore];
    }

    test("a conversation is found with its metadata and its first items", async () => {
      const conversation = sampleConversation({ topic: "weather" });
      const items = [sampleItem("one"), sampleItem("two")];
      await store.conversations.create("acme", conversation, items);
      expect(await store.conversations.get("acme", conversation.id)).toEqual(conversation);
      expect(await store.conversations.items("acme", conversation.id)).toEqual(items);
    });

    test("an id that is taken is refused and nothing of the second is written", async () => {
      const conversation = sampleConversation({ n: "1" });
      await store.conversations.create("acme", conversation, []);
      const again = store.conversations.create("acme", { ...conversation, metadata: { n: "2" } }, [
        sampleItem("x"),
      ]);
      await expect(again).rejects.toMatchObject({ status: 500, code: "storage_error" });
      expect(await store.conversations.get("acme", conversation.id)).toEqual(conversation);
      expect(await store.conversations.items("acme", conversation.id)).toEqual([]);
    });

    test("metadata is replaced as a whole", async () => {
      const conversation = sampleConversation({ a: "1", b: "2" });
      await store.conversations.create("acme", conversation, []);
      const updated = { ...conversation, metadata: { c: "3" } };
      expect(await store.conversations.update("acme", conversation.id, { c: "3" })).toEqual(updated);
      expect(await store.conversations.get("acme", conversation.id)).toEqual(updated);
    });

    test("items keep the order in which they were appended, whatever their ids and times", async () => {
      const id = await conversationWith("z");
      const pair = [sampleItem("b"), sampleItem("a")];
      expect(await store.conversations.append("acme", id, pair)).toEqual(pair);
      await Promise.all(
        ["one", "two", "three"].map((text) => store.conversations.append("acme", id, [sampleItem(text)])),
      );
      expect(textsOf(await store.conversations.items("acme", id))).toEqual([
        "z",
        "b",
        "a",
        "one",
        "two",
        "three",
      ]);
    });

    test("conversations do not mix, also when appended to by turns", async () => {
      const [left, right] = [await conversationWith(), await conversationWith()];
      for (let n = 0; n < 5; n++) {
        await store.conversations.append("acme", left, [sampleItem(`l${n}`, `same-${n}`)]);
        await store.conversations.append("acme", right, [sampleItem(`r${n}`, `same-${n}`)]);
      }
      expect(textsOf(await store.conversations.items("acme", left))).toEqual(["l0", "l1", "l2", "l3", "l4"]);
      expect(textsOf(await store.conversations.items("acme", right))).toEqual(["r0", "r1", "r2", "r3", "r4"]);
      expect(textsOf([(await store.conversations.getItem("acme", left, "same-2")) as Item])).toEqual(["l2"]);
    });

    test("an unknown conversation is not found by any call", async () => {
      const id = newId("conv");
      const { conversations } = store;
      expect(await conversations.get("acme", id)).toBeUndefined();
      expect(await conversations.update("acme", id, {})).toBeUndefined();
      expect(await conversations.append("acme", id, [sampleItem("x")])).toBeUndefined();
      expect(await conversations.items("acme", id)).toBeUndefined();
      expect(await conversations.page("acme", id, { limit: 1, order: "asc" })).toBeUndefined();
      expect(await conversations.getItem("acme", id, "m")).toBeUndefined();
      expect(await conversations.deleteItem("acme", id, "m")).toBe(false);
      expect(await conversations.delete("acme", id)).toBe(false);
    });

    test("another tenant's conversation is not found by any call", async () => {
      const id = await conversationWith("secret");
      const { conversations } = store;
      expect(await conversations.get("other", id)).toBeUndefined();
      expect(await conversations.update("other", id, { a: "1" })).toBeUndefined();
      expect(await conversations.append("other", id, [sampleItem("x")])).toBeUndefined();
      expect(await conversations.items("other", id)).toBeUndefined();
      expect(await conversations.page("other", id, { limit: 1, order: "asc" })).toBeUndefined();
      expect(await conversations.getItem("other", id, "m-secret")).toBeUndefined();
      expect(await conversations.deleteItem("other", id, "m-secret")).toBe(false);
      expect(await conversations.delete("other", id)).toBe(false);
      expect(await findItem(store, "other", "m-secret")).toBeUndefined();
      expect(textsOf(await conversations.items("acme", id))).toEqual(["secret"]);
    });

    test("a deleted conversation is gone with its items; responses made in it stay", async () => {
      const id = await conversationWith("first");
      const record = sampleRecord({ conversation: id });
      await store.responses.finish("acme", record);
      expect(await store.conversations.delete("acme", id)).toBe(true);
      expect(await store.conversations.delete("acme", id)).toBe(false);
      expect(await store.conversations.items("acme", id)).toBeUndefined();
      expect(await findItem(store, "acme", "m-first")).toBeUndefined();
      expect(await store.responses.get("acme", record.response.id)).toEqual(record);
      expect(await findItem(store, "acme", record.input[0]?.id ?? "")).toEqual(record.input[0]);
    });

    test("an item is read and deleted by its id; the others keep their order", async () => {
      const id = await conversationWith("a", "b", "c");
      expect(textsOf([(await store.conversations.getItem("acme", id, "m-b")) as Item])).toEqual(["b"]);
      expect(await store.conversations.deleteItem("acme", id, "m-b")).toBe(true);
      expect(await store.conversations.deleteItem("acme", id, "m-b")).toBe(false);
      expect(await store.conversations.getItem("acme", id, "m-b")).toBeUndefined();
      await store.conversations.append("acme", id, [sampleItem("d")]);
      expect(textsOf(await store.conversations.items("acme", id))).toEqual(["a", "c", "d"]);
    });

    test("an item that only a conversation holds is found by its id", async () => {
      await conversationWith("older");
      const id = await conversationWith();
      await store.conversations.append("acme", id, [sampleItem("newer", "m-older")]);
      const found = await findItem(store, "acme", "m-older");
      expect(found && textsOf([found])).toEqual(["newer"]);
    });

    describe("in which an id comes twice", () => {
      test("the later item is kept under a fresh id, so that nothing is lost and ids stay unique", async () => {
        const id = await conversationWith("first");
        const added = await store.conversations.append("acme", id, [
          sampleItem("again", "m-first"),
          sampleItem("more", "m-first"),
        ]);
        const items = (await store.conversations.items("acme", id)) ?? [];
        expect(added).toEqual(items.slice(1));
        expect(textsOf(items)).toEqual(["first", "again", "more"]);
        expect(items[0]?.id).toBe("m-first");
        expect(new Set(items.map((item) => item.id)).size).toBe(3);
        for (const item of items)
          expect(await store.conversations.getItem("acme", id, item.id)).toEqual(item);
      });

      test("the response that brings it does not fail and keeps the caller's id", async () => {
        const id = await conversationWith();
        const turns = ["one", "two"].map((text) =>
          sampleRecord({ input: [text], answer: `re ${text}`, inputIds: ["msg_1"], conversation: id }),
        );
        for (const turn of turns) await store.responses.finish("acme", turn);
        expect(textsOf(await store.conversations.items("acme", id))).toEqual([
          "one",
          "re one",
          "two",
          "re two",
        ]);
        for (const turn of turns) expect(await store.responses.get("acme", turn.response.id)).toEqual(turn);
        expect(await findItem(store, "acme", "msg_1")).toEqual(turns[1]?.input[0]);
      });
    });

    describe("page by page", () => {
      test("newest or oldest first, and says whether there is more", async () => {
        const id = await conversationWith("a", "b", "c", "d", "e");
        expect(await pageOf(id, { limit: 2 })).toEqual([["e", "d"], true]);
        expect(await pageOf(id, { limit: 2, after: "m-d" })).toEqual([["c", "b"], true]);
        expect(await pageOf(id, { limit: 2, after: "m-b" })).toEqual([["a"], false]);
        expect(await pageOf(id, { limit: 2, after: "m-a" })).toEqual([[], false]);
        expect(await pageOf(id, { limit: 2, order: "asc" })).toEqual([["a", "b"], true]);
        expect(await pageOf(id, { limit: 3, order: "asc", after: "m-b" })).toEqual([["c", "d", "e"], false]);
      });

      test("a page that takes exactly what is left says so", async () => {
        const id = await conversationWith("a", "b");
        expect(await pageOf(id, { limit: 2 })).toEqual([["b", "a"], false]);
      });

      test("an unknown cursor is told apart from an empty page, also one of another conversation", async () => {
        const id = await conversationWith("a");
        await conversationWith("elsewhere");
        expect(await pageOf(id, { after: "m-b" })).toEqual([undefined, undefined]);
        expect(await pageOf(id, { after: "m-elsewhere" })).toEqual([undefined, undefined]);
        expect(await pageOf(await conversationWith(), {})).toEqual([[], false]);
      });

      test("following the cursors gives every item once, in both directions", async () => {
        const texts = Array.from({ length: 57 }, (_, n) => `t${n}`);
        const id = await conversationWith(...texts);
        for (const order of ["asc", "desc"] as const) {
          const seen: string[] = [];
          let after: string | undefined;
          for (let more = true; more; ) {
            const page = await store.conversations.page("acme", id, {
              limit: 10,
              order,
              ...(after && { after }),
            });
            seen.push(...(textsOf(page?.data) ?? []));
            after = page?.data.at(-1)?.id;
            more = page?.hasMore ?? false;
          }
          expect(seen).toEqual(order === "asc" ? texts : texts.toReversed());
        }
      });
    });
  });
}
