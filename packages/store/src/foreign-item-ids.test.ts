import { itemIdOf, newId } from "@gateway/protocol";
import { expect, test } from "vitest";
import { sampleRecord } from "./contract/sample-records.ts";
import { foreignItemIds } from "./foreign-item-ids.ts";

test("ids that a response minted itself are not foreign", () => {
  expect(foreignItemIds(sampleRecord({ input: ["one", "two"] }))).toEqual([]);
});

test("a caller's ids and those of other responses are foreign, each named once", () => {
  const elsewhere = itemIdOf(newId("resp"), "msg", 0);
  const record = sampleRecord({ input: ["a", "b", "c", "d"], inputIds: ["mine", elsewhere, "mine"] });
  expect(foreignItemIds(record)).toEqual(["mine", elsewhere]);
});
