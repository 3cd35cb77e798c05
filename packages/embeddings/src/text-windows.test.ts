import { expect, test } from "vitest";
import { toWindows, windowTokens } from "./text-windows.ts";

const one = () => 1;

test("a text that fits is one window, with single spaces", () => {
  expect(toWindows("  a\n\nb\tc ", one)).toEqual(["a b c"]);
});

test("a text without words is one window with a space", () => {
  expect(toWindows("", one)).toEqual([" "]);
  expect(toWindows(" \n ", one)).toEqual([" "]);
});

test.each([[windowTokens + 1], [300], [1_000]])(
  "%i words are cut into even windows and none is lost",
  (count) => {
    const words = Array.from({ length: count }, (_, at) => `w${at}`);
    const windows = toWindows(words.join(" "), one);
    const sizes = windows.map((window) => window.split(" ").length);
    expect(windows.join(" ").split(" ")).toEqual(words);
    expect(windows).toHaveLength(Math.ceil(count / windowTokens));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(windows.length);
  },
);

test("no window has more tokens than the model reads, however they are spread", () => {
  const sizeOf = (word: string) => word.length;
  const text = Array.from({ length: 200 }, (_, at) => "x".repeat(1 + ((at * 37) % 60))).join(" ");
  for (const window of toWindows(text, sizeOf)) {
    expect(window.split(" ").reduce((sum, word) => sum + sizeOf(word), 0)).toBeLessThanOrEqual(windowTokens);
  }
});

test("a run of characters without spaces is cut, between characters", () => {
  const windows = toWindows("😀".repeat(500), (word) => [...word].length);
  expect(windows.join(" ").replaceAll(" ", "")).toBe("😀".repeat(500));
  expect(windows.length).toBeGreaterThan(4);
});
