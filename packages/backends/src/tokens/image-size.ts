/** How large a picture is, in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** As much of a picture is looked at, in bytes of its base64 text: a JPEG may have a thumbnail before its size. */
const headLength = 96 * 1024;

/**
 * Reads the size of a PNG, JPEG, GIF or WebP out of the head of its data URL (RFC 2397). Undefined for other addresses
 * and for what has another form; nothing is decoded but the head.
 */
export function readImageSize(url: string): ImageSize | undefined {
  const comma = url.slice(0, 256).indexOf(",");
  if (!url.startsWith("data:") || !url.slice(0, comma).endsWith(";base64")) return undefined;
  const head = Buffer.from(url.slice(comma + 1, comma + 1 + headLength), "base64");
  const size = readPng(head) ?? readGif(head) ?? readWebp(head) ?? readJpeg(head);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

/** PNG (ISO/IEC 15948), section 11.2.2: the header chunk comes first. */
function readPng(head: Buffer): ImageSize | undefined {
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return undefined;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

/** GIF89a, section 18: the logical screen. */
function readGif(head: Buffer): ImageSize | undefined {
  if (head.length < 10 || head.toString("latin1", 0, 3) !== "GIF") return undefined;
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

/** WebP (RFC 9649): the extended form names the canvas, the others the picture. */
function readWebp(head: Buffer): ImageSize | undefined {
  if (head.length < 30 || head.toString("latin1", 8, 12) !== "WEBP") return undefined;
  switch (head.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: 1 + head.readUIntLE(24, 3), height: 1 + head.readUIntLE(27, 3) };
    case "VP8L": {
      const bits = head.readUInt32LE(21);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case "VP8 ":
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}

/** JPEG (ITU-T T.81), annex B: segments up to the frame header, whichever of its kinds it is. */
function readJpeg(head: Buffer): ImageSize | undefined {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= head.length; ) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isFrameHeader(marker)) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) };
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

function isFrameHeader(marker: number): boolean {
  // The three between are tables: Huffman, extensions, arithmetic coding.
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
