import { SentKeys } from "@gateway/web-guard";
import { describe, expect, test } from "vitest";
import { toOutcome } from "./to-output.ts";

const keys = new SentKeys({ url: "https://docs.example.com/mcp", headers: {} });

const text = (content: unknown, more: object = {}) => {
  const outcome = toOutcome({ content, ...more }, 1000, keys);
  if (!("output" in outcome)) throw new Error("the result is an error");
  return outcome.output;
};

describe("the text of a result", () => {
  test("is its texts, one after the other", () => {
    expect(
      text([
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ]),
    ).toBe("a\nb");
    expect(text([])).toBe("");
  });

  test("is what is structured where there is no other content", () => {
    expect(text([], { structuredContent: { a: 1 } })).toBe('{"a":1}');
    expect(text([{ type: "text", text: '{"a": 1}' }], { structuredContent: { a: 1 } })).toBe('{"a": 1}');
  });

  test("names what a model cannot read, with its length", () => {
    const data = Buffer.from("12345").toString("base64");
    expect(
      text([
        { type: "image", mimeType: "image/png", data },
        { type: "audio", mimeType: "audio/wav", data },
        { type: "resource", resource: { uri: "file:///a.bin", mimeType: "application/zip", blob: data } },
      ]),
    ).toBe(
      "[image: image/png, 5 bytes]\n[audio: audio/wav, 5 bytes]\n[resource file:///a.bin: application/zip, 5 bytes]",
    );
  });

  test("has the texts of resources, and links", () => {
    expect(
      text([
        { type: "resource", resource: { uri: "file:///a.txt", text: "hello" } },
        { type: "resource_link", name: "A", uri: "https://a.example/", description: "about a" },
      ]),
    ).toBe("[resource file:///a.txt]\nhello\n[link to A, https://a.example/, about a]");
  });

  test("is no longer than it may be, and says so", () => {
    expect(toOutcome({ content: [{ type: "text", text: "x".repeat(50) }] }, 10, keys)).toEqual({
      output: "xxxxxxxxxx\n[Cut off: 10 of 50 characters.]",
    });
    const emoji = toOutcome({ content: [{ type: "text", text: `${"x".repeat(9)}😀y` }] }, 10, keys);
    expect("output" in emoji && emoji.output.isWellFormed()).toBe(true);
  });

  test.for([[null], ["text"], [[null]], [[{ type: "text" }]], [[{}]], [[{ type: "resource" }]]])(
    "is never a fault of this process: %j",
    ([content]) => {
      expect(typeof text(content)).toBe("string");
    },
  );
});

test("an error of a tool has its texts, no longer than they may be", () => {
  const content = [
    { type: "text", text: "first" },
    { type: "image", mimeType: "image/png", data: "AAAA" },
    { type: "text", text: "never" },
  ];
  expect(toOutcome({ isError: true, content }, 15, keys)).toEqual({
    error: {
      type: "mcp_tool_execution_error",
      content: [
        { type: "text", text: "first" },
        { type: "text", text: "[image: im\n[Cut off: 10 of 27 characters.]" },
      ],
    },
  });
});
