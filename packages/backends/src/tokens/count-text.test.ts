import { describe, expect, test } from "vitest";
import { countedInFull, countText } from "./count-text.ts";

const never = new AbortController().signal;
const words = "The quick brown fox jumps over the lazy dog. ";
/** In a row; the last one's space is one more. */
const wordsTokens = 10;

describe("counting texts", () => {
  test.each([
    ["Hello, world!", 4],
    ["", 0],
    ["<|endoftext|>", 7],
    ["你好世界", 2],
  ])("gives the tokens that o200k_base has: %s", async (text, tokens) => {
    expect(await countText([text], never)).toBe(tokens);
  });

  test("adds up several texts", async () => {
    const both = await countText([words, "Hello, world!"], never);
    expect(both).toBe((await countText([words], never)) + 4);
  });

  test("is hardly off where a text is cut into pieces", async () => {
    const many = await countText([words.repeat(1_000)], never);
    expect(Math.abs(many - 1_000 * wordsTokens)).toBeLessThan(many * 0.01);
  });

  test("extrapolates what is very long from samples spread over all of it", async () => {
    const repeats = Math.ceil((countedInFull * 5) / words.length);
    const codes = await countText(["x7Q-".repeat(2_000)], never);
    const text = words.repeat(repeats) + "x7Q-".repeat(500_000);
    const expected = wordsTokens * repeats + codes * 250;
    expect(Math.abs((await countText([text], never)) - expected)).toBeLessThan(expected * 0.03);
  });

  test.each([
    ["letters", "a"],
    ["spaces", " "],
    ["digits", "7"],
    ["signs", "="],
    ["one character", "界"],
  ])("is not held up by a long run of %s", async (_, sign) => {
    expect(await countText([sign.repeat(400_000)], never)).toBeGreaterThan(1_000);
  });

  test("lets other work be done", async () => {
    const text = Array.from({ length: 60_000 }, (_, n) => n * 7919).join(" ");
    let turns = 0;
    const other = setInterval(() => turns++, 0);
    await countText([text], never);
    clearInterval(other);
    expect(turns).toBeGreaterThan(0);
  });

  test("ends when it is not wanted any more", async () => {
    const abort = new AbortController();
    const counting = countText([words.repeat(100_000)], abort.signal);
    setImmediate(() => abort.abort(new Error("left")));
    await expect(counting).rejects.toThrow("left");
  });
});
