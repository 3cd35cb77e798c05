import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { sampleConversation, sampleRecord, textsOf } from "./sample-records.ts";

/** What a store must be after very many calls at once. `open` gives a new, empty store; it is closed after each test. */
export function concurrencyContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} stays whole`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("thousands of calls at once leave every record whole", async () => {
      const conversation = sampleConversation();
      await store.conversations.create("acme", conversation, []);
      const records = Array.from({ length: 3000 }, (_, n) =>
        sampleRecord({
          input: [`q${n}`],
          answer: `a${n}`,
          ...(n % 10 === 0 && { conversation: conversation.id }),
        }),
      );
      await Promise.all(
        records.map(async (record, n) => {
          if (n % 3 === 0) {
            await store.responses.begin("acme", {
              ...record,
              response: { ...record.response, status: "in_progress" },
            });
          }
          await store.responses.finish("acme", record);
          expect(await store.responses.get("acme", record.response.id)).toEqual(record);
          if (n % 5 === 1) expect(await store.responses.delete("acme", record.response.id)).toBe(true);
        }),
      );
      const items = textsOf(await store.conversations.items("acme", conversation.id)) ?? [];
      expect(items).toHaveLength(600);
      for (let n = 0; n < items.length; n += 2) expect(items[n + 1]).toBe(items[n]?.replace("q", "a"));
      expect(await store.responses.unfinished()).toEqual([]);
      expect(await store.check("full")).toEqual({ ok: true, problems: [] });
    });
  });
}
