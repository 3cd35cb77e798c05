import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toIndexWords, toQueryTerms } from "./words.ts";

describe("the words of a text", () => {
  test.each([
    ["Hello, World! It's 3.14", ["hello", "world", "it", "s", "3", "14"]],
    ["ERR_CONN_REFUSED", ["err", "conn", "refused"]],
    ["Café naïve ÜBUNG", ["cafe", "naive", "ubung"]],
    ["ﬁne Ｆｕｌｌ İstanbul", ["fine", "full", "istanbul"]],
    ["天气 is weather", ["天", "气", "is", "weather"]],
    ["한국어 텍스트", ["한국어", "텍스트"]],
    ["नमस्ते दुनिया", ["नमस्ते", "दुनिया"]],
    ["مَرْحَبًا", ["مرحبا"]],
    ["a\u0000b", ["a", "b"]],
    ["--- '\" * 😀", []],
  ])("of %j are %j", (text, words) => {
    expect(toIndexWords(text)).toEqual(words);
  });

  test("hold no ASCII but letters and digits, and no half characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        for (const word of toIndexWords(text)) {
          expect(word).toMatch(/^[a-z0-9\u0080-\u{10ffff}]+$/u);
          expect(word.isWellFormed()).toBe(true);
          expect(word.length).toBeLessThanOrEqual(64);
        }
      }),
    );
  });

  test("are cut where they are too long to be words", () => {
    expect(toIndexWords("x".repeat(100))).toEqual(["x".repeat(64)]);
    expect(toIndexWords(`x${"𝒜".normalize("NFC")}`.repeat(50))).toHaveLength(1);
  });
});

describe("the terms of a query", () => {
  test("are its words, each once", () => {
    expect(toQueryTerms('to be OR "not" to be')).toEqual(['"to"', '"be"', '"or"', '"not"']);
  });

  test("are pairs of letters in scripts without spaces", () => {
    expect(toQueryTerms("今天天气 x 好")).toEqual(['"今 天"', '"天 天"', '"天 气"', '"x"', '"好"']);
    expect(toQueryTerms("天。气")).toEqual(['"天"', '"气"']);
  });

  test("are none without letters and digits", () => {
    expect(toQueryTerms(" *?!😀 ")).toEqual([]);
  });
});
