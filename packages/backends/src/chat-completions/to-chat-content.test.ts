import type { ContentPart } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { toUserContent } from "./to-chat-content.ts";

const path = (part: number, key: string) => `input[0].content[${part}].${key}`;
const render = (...parts: unknown[]) => toUserContent(parts as ContentPart[], path);

test("text alone becomes one string", () => {
  expect(render({ type: "input_text", text: "a" }, { type: "input_text", text: "b" })).toBe("a\nb");
});

describe("images", () => {
  test("go by URL, with their detail", () => {
    expect(
      render(
        { type: "input_text", text: "Look" },
        { type: "input_image", image_url: "https://x/y.png", detail: "auto" },
      ),
    ).toEqual([
      { type: "text", text: "Look" },
      { type: "image_url", image_url: { url: "https://x/y.png", detail: "auto" } },
    ]);
  });

  test("of detail original are sent as high", () => {
    expect(render({ type: "input_image", image_url: "data:,", detail: "original" })).toMatchObject([
      { image_url: { detail: "high" } },
    ]);
  });

  test("need an address", () => {
    expect(() => render({ type: "input_image" })).toThrowError(
      expect.objectContaining({
        status: 422,
        code: "missing_required_parameter",
        param: "input[0].content[0].image_url",
      }),
    );
  });
});

test("files were resolved before, or something is broken", () => {
  expect(() => render({ type: "input_file", file_id: "file-9" })).toThrowError(
    expect.objectContaining({ status: 500 }),
  );
});

test("audio passes", () => {
  expect(render({ type: "input_audio", input_audio: { data: "AA==", format: "wav" } })).toEqual([
    { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
  ]);
});
