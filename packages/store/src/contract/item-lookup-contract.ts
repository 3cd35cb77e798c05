import { itemIdOf, newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { findItem, sampleRecord } from "./sample-records.ts";

/** What `ResponseStore.findItems` must do. `open` gives a new, empty store; it is closed after each test. */
export function itemLookupContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} finds items by id`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("several are found at once, and what is not there is not in the answer", async () => {
      const one = sampleRecord({ input: ["a", "b"] });
      const two = sampleRecord({ input: ["c"], inputIds: ["given"] });
      for (const record of [one, two]) await store.responses.finish("acme", record);
      const ids = [...one.input, ...two.input].map(({ id }) => id);
      const found = await store.responses.findItems("acme", [...ids, "missing"]);
      expect([...found.keys()]).toEqual(ids);
      expect([...found.values()]).toEqual([...one.input, ...two.input]);
    });

    test("thousands that came to one large response, which is not read for each of them", async () => {
      const ids = Array.from({ length: 3000 }, (_, n) => `given-${n}`);
      const record = sampleRecord({ input: ids.map((id) => id + "x".repeat(2000)), inputIds: ids });
      await store.responses.finish("acme", record);
      const found = await store.responses.findItems("acme", ids);
      expect([...found.values()]).toEqual(record.input);
    });

    test("minted ids of input and output, also while the response runs", async () => {
      const record = sampleRecord({ input: ["one", "two"], answer: "three" });
      const { id } = record.response;
      await store.responses.begin("acme", record);
      expect(await findItem(store, "acme", itemIdOf(id, "msg", 1))).toEqual(record.input[1]);
      await store.responses.finish("acme", record);
      expect(await findItem(store, "acme", itemIdOf(id, "msg", 2))).toEqual(record.response.output[0]);
      expect(await findItem(store, "acme", itemIdOf(id, "msg", 3))).toBeUndefined();
      expect(await findItem(store, "acme", itemIdOf(newId("resp"), "msg", 0))).toBeUndefined();
    });

    test("a caller's own id, also when the response was begun first", async () => {
      const id = newId("resp");
      const begun = sampleRecord({ id, status: "in_progress", answer: null, inputIds: ["message-1"] });
      await store.responses.begin("acme", begun);
      expect(await findItem(store, "acme", "message-1")).toEqual(begun.input[0]);
      await store.responses.finish("acme", sampleRecord({ id, inputIds: ["message-1"] }));
      expect(await findItem(store, "acme", "message-1")).toEqual(begun.input[0]);
    });

    test("of a caller's id in two responses the newest wins; when that is deleted, the older one", async () => {
      const older = sampleRecord({ input: ["older"], inputIds: ["message-1"] });
      const newer = sampleRecord({ input: ["newer"], inputIds: ["message-1"] });
      await store.responses.finish("acme", older);
      await store.responses.finish("acme", newer);
      expect(await findItem(store, "acme", "message-1")).toEqual(newer.input[0]);
      await store.responses.delete("acme", newer.response.id);
      expect(await findItem(store, "acme", "message-1")).toEqual(older.input[0]);
    });

    test("in one look-up wherever they are, each in the place that comes first", async () => {
      const first = sampleRecord({ input: ["one"], answer: "two" });
      const [asked, answered] = [first.input[0]?.id ?? "", first.response.output[0]?.id ?? ""];
      const second = sampleRecord({ input: ["again", "own"], inputIds: [answered, "message-1"] });
      for (const record of [first, second]) await store.responses.finish("acme", record);
      const conversation = {
        id: newId("conv"),
        object: "conversation" as const,
        created_at: 0,
        metadata: {},
      };
      const put = second.input.map((item, index) => ({
        ...item,
        id: index === 0 ? "message-1" : "message-2",
      }));
      await store.conversations.create("acme", conversation, put);
      const found = await store.responses.findItems("acme", ["message-2", answered, "message-1", asked]);
      expect([...found]).toEqual([
        ["message-2", put[1]],
        [answered, first.response.output[0]],
        ["message-1", second.input[1]],
        [asked, first.input[0]],
      ]);
      expect(await store.responses.findItems("other", [...found.keys()])).toEqual(new Map());
    });

    test("of a caller's id given twice in one request the later wins", async () => {
      const record = sampleRecord({ input: ["one", "two"], inputIds: ["same", "same"] });
      await store.responses.finish("acme", record);
      expect(await findItem(store, "acme", "same")).toEqual(record.input[1]);
    });

    test("an item sent back as input is found in its own response, then in those it was sent to", async () => {
      const first = sampleRecord({ answer: "original" });
      const sent = first.response.output[0]?.id ?? "";
      const second = sampleRecord({ input: ["sent back"], inputIds: [sent] });
      await store.responses.finish("acme", first);
      await store.responses.finish("acme", second);
      expect(await findItem(store, "acme", sent)).toEqual(first.response.output[0]);
      await store.responses.delete("acme", first.response.id);
      expect(await findItem(store, "acme", sent)).toEqual(second.input[0]);
    });
  });
}
