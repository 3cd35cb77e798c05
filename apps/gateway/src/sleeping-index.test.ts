import type { SearchIndex } from "@gateway/engine";
import { describe, expect, test } from "vitest";
import { sleepUntilWritten } from "./sleeping-index.ts";

/** An index that notes what it is asked. */
function noting() {
  const asked: string[] = [];
  const index = new Proxy({} as SearchIndex, {
    get: (_target, method) => async () => {
      asked.push(String(method));
      return ["from the index"];
    },
  });
  return { asked, index };
}

const document = { document: 1, store: 1, attributes: {}, model: "m" };
const query = {
  stores: [1],
  queries: [],
  model: "m",
  filter: undefined,
  limit: 1,
  weights: { embedding: 1, text: 1 },
};

describe("an index without a file", () => {
  test("is not woken before something is put into it", async () => {
    const { asked, index } = noting();
    const sleeping = sleepUntilWritten(index, true);
    expect([
      await sleeping.documents(0, 10),
      await sleeping.documentsOfOtherModels("m", 0, 10),
      await sleeping.search(query),
      await sleeping.chunkTexts(1, 0, 1),
      await sleeping.text(1),
      await sleeping.replaceVectors(1, "m", 0, []),
      await sleeping.remove([1]),
      await sleeping.removeStore(1),
      await sleeping.setAttributes(1, {}),
    ]).toEqual([[], [], [], [], undefined, false, undefined, undefined, undefined]);
    expect(asked).toEqual([]);

    await sleeping.begin(document);
    expect(await sleeping.search(query)).toEqual(["from the index"]);
    expect(asked).toEqual(["begin", "search"]);
  });

  test("is closed all the same", async () => {
    const { asked, index } = noting();
    await sleepUntilWritten(index, true).close();
    expect(asked).toEqual(["close"]);
  });
});

test("an index with a file is asked from the start", async () => {
  const { asked, index } = noting();
  await sleepUntilWritten(index, false).documents(0, 10);
  expect(asked).toEqual(["documents"]);
});
