import type { Item } from "@gateway/protocol";
import { expect, test } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";

const outputOf = (output: unknown) =>
  ({ type: "function_call_output", id: "fco_1", call_id: "c1", output }) as Item;
const userOf = (part: object) =>
  ({ type: "message", id: "msg_1", role: "user", content: [part] }) as unknown as Item;

test("a text comes to a quarter of its bytes, whatever it begins with", () => {
  const text = `data: {"rows": "${"x".repeat(300_000)}"}`;
  for (const item of [outputOf(text), outputOf([{ type: "input_text", text }])]) {
    expect(estimateTokens([item])).toBeGreaterThan(75_000);
    expect(estimateTokens([item])).toBeLessThan(76_000);
  }
});

test.each([
  { type: "input_image", image_url: `data:image/png;base64,${"A".repeat(100_000)}` },
  { type: "input_image", image_url: "https://example.com/a.png" },
  { type: "input_file", file_data: "A".repeat(100_000) },
  { type: "input_audio", input_audio: { format: "wav", data: "A".repeat(100_000) } },
])("what is no text comes to the same whatever its size: %o", (part) => {
  expect(estimateTokens([userOf(part)])).toBeGreaterThan(800);
  expect(estimateTokens([userOf(part)])).toBeLessThan(1_100);
});

test("what the model is not shown comes to nothing", () => {
  const thought: Item = { type: "reasoning", id: "rs_1", summary: [] };
  expect(estimateTokens([{ ...thought, encrypted_content: "x".repeat(1_000) }])).toBe(
    estimateTokens([thought]),
  );
});
