import { describe, expect, test } from "vitest";
import { parseEmbeddingsAnswer } from "./embeddings-answer.ts";

const parse = (data: unknown[], texts = data.length) =>
  parseEmbeddingsAnswer(JSON.stringify({ data }), texts);

test("vectors come in the order of the texts, whatever the order of the answer", () => {
  const data = [
    { index: 2, embedding: [3, 3] },
    { index: 0, embedding: [1, 1] },
    { index: 1, embedding: [2, 2] },
  ];
  expect(parse(data).map((vector) => vector[0])).toEqual([1, 2, 3]);
});

test("a server that leaves the index out keeps the order", () => {
  expect(parse([{ embedding: [1] }, { embedding: [2] }]).map((vector) => [...vector])).toEqual([[1], [2]]);
});

test("base64 is read as little-endian 32-bit floats", () => {
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(0.25, 0);
  bytes.writeFloatLE(-2, 4);
  expect(parse([{ index: 0, embedding: bytes.toString("base64") }])).toEqual([Float32Array.of(0.25, -2)]);
});

describe("an answer is refused with", () => {
  test.each<[string, unknown[], number, RegExp]>([
    ["too few vectors", [{ index: 0, embedding: [1] }], 2, /1 vectors for 2 texts/],
    ["two lengths", [{ embedding: [1] }, { embedding: [1, 2] }], 2, /vectors of 1 and of 2 numbers/],
    ["an empty vector", [{ embedding: [] }], 1, /vector 0 is empty/],
    ["null for a number", [{ embedding: [1, null] }], 1, /finite/],
    ["text for a number", [{ embedding: ["1"] }], 1, /finite/],
    ["a number beyond 32 bits", [{ embedding: [1e300] }], 1, /finite/],
    ["cut base64", [{ embedding: "AAAAAAA=" }], 1, /base64/],
    [
      "the same index twice",
      [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
      2,
      /two vectors/,
    ],
    ["an index beyond the texts", [{ index: 5, embedding: [1] }], 1, /index of entry 0 is 5/],
    ["no vector", [{ index: 0 }], 1, /neither/],
    ["null for an entry", [null], 1, /neither/],
  ])("%s", (_, data, texts, message) => {
    expect(() => parse(data, texts)).toThrow(message);
  });

  test.each([
    ["null", /no list 'data'/],
    ['{"embeddings":[[1]]}', /no list 'data'/],
    ["<html></html>", /web page/],
    ["oops", /no JSON/],
  ])("the body %s", (body, message) => {
    expect(() => parseEmbeddingsAnswer(body, 1)).toThrow(message);
  });
});
