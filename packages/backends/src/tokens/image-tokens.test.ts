import { describe, expect, test } from "vitest";
import { readImageSize } from "./image-size.ts";
import { imageTokens } from "./image-tokens.ts";

const dataUrl = (bytes: Uint8Array, type = "image/png") =>
  `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;

function png(width: number, height: number): string {
  const head = Buffer.alloc(33);
  head.write("\x89PNG\r\n\x1a\n", "latin1");
  head.write("IHDR", 12, "latin1");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return dataUrl(head);
}

function jpeg(width: number, height: number, marker: number): string {
  const thumbnail = Buffer.alloc(4 + 20_000);
  thumbnail.writeUInt16BE(0xffe1, 0);
  thumbnail.writeUInt16BE(20_002, 2);
  const table = Buffer.from([0xff, 0xff, 0xc4, 0x00, 0x04, 0x01, 0x02]);
  const frame = Buffer.alloc(11);
  frame.writeUInt8(0xff, 0);
  frame.writeUInt8(marker, 1);
  frame.writeUInt16BE(9, 2);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return dataUrl(Buffer.concat([Buffer.from([0xff, 0xd8]), thumbnail, table, frame]), "image/jpeg");
}

function webp(kind: string, write: (head: Buffer) => void): string {
  const head = Buffer.alloc(40);
  head.write("RIFF", 0, "latin1");
  head.write(`WEBP${kind}`, 8, "latin1");
  write(head);
  return dataUrl(head, "image/webp");
}

describe("the size of a picture", () => {
  test.each([
    ["PNG", png(1920, 1080)],
    ["JPEG behind a thumbnail", jpeg(1920, 1080, 0xc0)],
    ["JPEG, progressive", jpeg(1920, 1080, 0xc2)],
    ["GIF", dataUrl(Buffer.from([...Buffer.from("GIF89a"), 0x80, 0x07, 0x38, 0x04, 0, 0]), "image/gif")],
    [
      "WebP, extended",
      webp("VP8X", (head) => {
        head.writeUIntLE(1919, 24, 3);
        head.writeUIntLE(1079, 27, 3);
      }),
    ],
    ["WebP, lossless", webp("VP8L", (head) => void head.writeUInt32LE(1919 | (1079 << 14), 21))],
    [
      "WebP, lossy",
      webp("VP8 ", (head) => {
        head.writeUInt16LE(1920, 26);
        head.writeUInt16LE(1080, 28);
      }),
    ],
  ])("is read from its head: %s", (_, url) => {
    expect(readImageSize(url)).toEqual({ width: 1920, height: 1080 });
  });

  test.each([
    ["an address", "https://example.com/a.png"],
    ["no base64", "data:image/svg+xml,<svg/>"],
    ["nothing", "data:image/png;base64,"],
    ["a head that is cut", png(10, 10).slice(0, 40)],
    ["no size", png(0, 10)],
    ["noise", dataUrl(Buffer.from("not a picture at all, not even nearly"))],
    ["a JPEG without a frame", dataUrl(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 3, 4, 5, 6, 7]))],
  ])("is not known of %s", (_, url) => {
    expect(readImageSize(url)).toBeUndefined();
  });
});

describe("the tokens of a picture", () => {
  test.each([
    [1024, 1024, 765],
    [2048, 4096, 1105],
    [512, 512, 255],
    [100, 20, 255],
    [4096, 8192, 1105],
    [8192, 10, 765],
  ])("go by the tiles of 512 pixels it covers once it is scaled: %i x %i", (width, height, tokens) => {
    expect(imageTokens(png(width, height), "high")).toBe(tokens);
    expect(imageTokens(png(width, height), undefined)).toBe(tokens);
  });

  test("are always the same at low detail", () => {
    expect(imageTokens(png(4096, 8192), "low")).toBe(85);
  });

  test("are those of a usual one where its size is not known", () => {
    expect(imageTokens("https://example.com/a.png", "auto")).toBe(765);
  });
});
