import { expect, test } from "vitest";
import { isPicture } from "./is-picture.ts";

const encode = (text: string) => Buffer.from(text, "latin1").toString("base64");

test.each(["\x89PNG\r\n\x1a\n…", "\xff\xd8\xff\xe0", "GIF87a", "GIF89a", "RIFF1234WEBPVP8 "])(
  "%j begins a picture",
  (text) => {
    expect(isPicture(encode(text), undefined)).toBe(true);
  },
);

test.each(["", "<script>", "\x89PNG", "RIFF1234WAVE", "%PDF-1.7", "<svg></svg>"])(
  "%j begins none",
  (text) => {
    expect(isPicture(encode(text), "png")).toBe(false);
  },
);

test.each([
  "<svg></svg>",
  '\ufeff<?xml version="1.0"?>\n<!-- made -->\n<!DOCTYPE svg PUBLIC "x" "y">\n<svg xmlns="z">',
])("%j is one where SVG was asked for", (text) => {
  expect(isPicture(Buffer.from(text).toString("base64"), "svg")).toBe(true);
});

test.each(["<script>", "<html><svg>", "<svgx>"])("%j is none even then", (text) => {
  expect(isPicture(encode(text), "svg")).toBe(false);
});
