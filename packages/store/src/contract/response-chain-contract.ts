import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { sampleRecord, textsOf } from "./sample-records.ts";

/** What `ResponseStore.chain` must do. `open` gives a new, empty store; it is closed after each test. */
export function responseChainContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} reads chains of responses`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("a chain gives each turn's input, then its output, oldest first", async () => {
      const first = sampleRecord({ input: ["q1", "q1b"], answer: "a1" });
      const second = sampleRecord({ input: ["q2"], answer: null, previous: first.response.id });
      const third = sampleRecord({ input: [], answer: "a3", previous: second.response.id });
      // Written in the wrong order: links decide, not rows.
      for (const record of [third, first, second]) await store.responses.finish("acme", record);
      expect(await store.responses.chain("acme", third.response.id)).toEqual([
        ...first.input,
        ...first.response.output,
        ...second.input,
        ...third.response.output,
      ]);
      expect(textsOf(await store.responses.chain("acme", first.response.id))).toEqual(["q1", "q1b", "a1"]);
    });

    test("a response may be continued more than once", async () => {
      const root = sampleRecord({ input: ["q"], answer: "a" });
      const left = sampleRecord({ input: ["left"], answer: "l", previous: root.response.id });
      const right = sampleRecord({ input: ["right"], answer: "r", previous: root.response.id });
      for (const record of [root, left, right]) await store.responses.finish("acme", record);
      expect(textsOf(await store.responses.chain("acme", left.response.id))).toEqual(["q", "a", "left", "l"]);
      expect(textsOf(await store.responses.chain("acme", right.response.id))).toEqual([
        "q",
        "a",
        "right",
        "r",
      ]);
    });

    test("a chain of 1,000 turns within one second keeps its order", async () => {
      const expected: string[] = [];
      const writes: Promise<void>[] = [];
      let previous: string | undefined;
      for (let turn = 0; turn < 1000; turn++) {
        const record = sampleRecord({
          input: [`q${turn}`],
          answer: `a${turn}`,
          ...(previous && { previous }),
        });
        writes.push(store.responses.finish("acme", record));
        expected.push(`q${turn}`, `a${turn}`);
        previous = record.response.id;
      }
      await Promise.all(writes);
      expect(textsOf(await store.responses.chain("acme", previous ?? ""))).toEqual(expected);
    });

    test("a missing ancestor ends the chain", async () => {
      const record = sampleRecord({ previous: "resp_never_stored" });
      await store.responses.finish("acme", record);
      expect(textsOf(await store.responses.chain("acme", record.response.id))).toEqual([
        "question",
        "answer",
      ]);
    });

    test("a cycle ends where it began", async () => {
      const [a, b, c] = [newId("resp"), newId("resp"), newId("resp")];
      await store.responses.finish("acme", sampleRecord({ id: a, input: ["a"], answer: null, previous: c }));
      await store.responses.finish("acme", sampleRecord({ id: b, input: ["b"], answer: null, previous: a }));
      await store.responses.finish("acme", sampleRecord({ id: c, input: ["c"], answer: null, previous: b }));
      expect(textsOf(await store.responses.chain("acme", c))).toEqual(["a", "b", "c"]);
      const self = newId("resp");
      await store.responses.finish(
        "acme",
        sampleRecord({ id: self, input: ["me"], answer: null, previous: self }),
      );
      expect(textsOf(await store.responses.chain("acme", self))).toEqual(["me"]);
    });
  });
}
