import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromStoredText, joinChunks, toStoredText } from "./chunk-text.ts";

const anyText = fc.string({ unit: "binary", maxLength: 300 });

describe("the text of a document", () => {
  test("is what it was, however its chunks overlap", () => {
    const cuts = fc.array(fc.record({ step: fc.nat(40), overlap: fc.nat(60) }), { maxLength: 30 });
    fc.assert(
      fc.property(anyText, cuts, (text, sizes) => {
        const chunks = [];
        let end = 0;
        for (const { step, overlap } of [...sizes, { step: text.length, overlap: 3 }]) {
          const start = Math.max(0, end - overlap);
          end = Math.min(text.length, end + step);
          chunks.push({ start, text: text.slice(start, end) });
        }
        chunks.sort((a, b) => a.start - b.start);
        expect(joinChunks(chunks)).toBe(text);
      }),
    );
  });

  test("leaves out what is in no chunk, without anything in its place", () => {
    expect(
      joinChunks([
        { start: 2, text: "ab" },
        { start: 10, text: "cde" },
        { start: 12, text: "ef" },
      ]),
    ).toBe("abcdef");
  });

  test("is empty without chunks", () => {
    expect(joinChunks([])).toBe("");
  });

  test("is stored unit for unit, half surrogate pairs too", () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 });
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        expect(fromStoredText(toStoredText(text))).toBe(text);
      }),
    );
  });
});
