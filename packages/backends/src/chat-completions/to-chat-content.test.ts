import type { ContentPart } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { toUserContent } from "./to-chat-content.ts";

const path = (part: number, key: string) => `input[0].content[${part}].${key}`;
const render = (...parts: unknown[]) => toUserContent(parts as ContentPart[], path);
const base64 = (text: string) => Buffer.from(text).toString("base64");

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

  test("by file id do not exist here", () => {
    expect(() => render({ type: "input_image", file_id: "file-1" })).toThrowError(
      expect.objectContaining({
        status: 404,
        code: null,
        param: "input[0].content[0].file_id",
        message: "No such File object: file-1",
      }),
    );
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

describe("files", () => {
  test.each([
    ["base64", base64("# Über\n")],
    ["a base64 data URL", `data:text/markdown;base64,${base64("# Über\n")}`],
    ["a plain data URL", `data:text/markdown,${encodeURIComponent("# Über\n")}`],
  ])("of text are inlined from %s with their name as a header", (_, file_data) => {
    expect(render({ type: "input_file", filename: "notes.md", file_data })).toBe(
      "File: notes.md\n\n# Über\n",
    );
  });

  test.each([
    ["a PDF", Buffer.from("%PDF-1.7\nplain")],
    ["an image", Buffer.from([0x89, 0x50, 0x4e, 0x47])],
    ["a file with NUL bytes", Buffer.from("a\0b")],
  ])("%s is refused, naming the file", (_, bytes) => {
    expect(() =>
      render({ type: "input_file", filename: "x.bin", file_data: bytes.toString("base64") }),
    ).toThrowError(
      expect.objectContaining({
        status: 422,
        param: "input[0].content[0].file_data",
        message: expect.stringContaining("'x.bin'"),
      }),
    );
  });

  test("that are no base64 are refused", () => {
    expect(() => render({ type: "input_file", file_data: "{not base64}" })).toThrowError(
      expect.objectContaining({ status: 422, code: "invalid_value", param: "input[0].content[0].file_data" }),
    );
  });

  test("by URL are refused", () => {
    expect(() =>
      render({ type: "input_text", text: "" }, { type: "input_file", file_url: "https://x/y.txt" }),
    ).toThrowError(expect.objectContaining({ status: 422, param: "input[0].content[1].file_url" }));
  });

  test("by id do not exist here", () => {
    expect(() => render({ type: "input_file", file_id: "file-9" })).toThrowError(
      expect.objectContaining({ status: 404, code: null, param: "input[0].content[0].file_id" }),
    );
  });

  test("need data", () => {
    expect(() => render({ type: "input_file", filename: "a" })).toThrowError(
      expect.objectContaining({ status: 422 }),
    );
  });
});

test("audio passes", () => {
  expect(render({ type: "input_audio", input_audio: { data: "AA==", format: "wav" } })).toEqual([
    { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
  ]);
});
