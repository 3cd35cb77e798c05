/** Base64 characters that are looked at; a multiple of four. */
const lookedAt = 1400;

const signatures: readonly (readonly [number, string])[][] = [
  // PNG, section 5.2.
  [[0, "\x89PNG\r\n\x1a\n"]],
  // JPEG: start of image, then a marker.
  [[0, "\xff\xd8\xff"]],
  [[0, "GIF87a"]],
  [[0, "GIF89a"]],
  // WebP container specification: RIFF, its length, WEBP.
  [
    [0, "RIFF"],
    [8, "WEBP"],
  ],
];

/** What may come before the root of an SVG document: a declaration, comments, a document type. */
const svgStart = /^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*>\s*|<!doctype svg[^>]*>\s*)*<svg[\s>]/i;

/**
 * Whether base64 begins as a picture does: PNG, JPEG, GIF or WebP, and SVG where that is what was asked for, since such a
 * document may hold scripts.
 */
export function isPicture(base64: string, askedFormat: string | undefined): boolean {
  const start = Buffer.from(base64.slice(0, lookedAt), "base64");
  const bytes = start.toString("latin1");
  if (signatures.some((parts) => parts.every(([at, text]) => bytes.startsWith(text, at)))) return true;
  return askedFormat === "svg" && svgStart.test(start.toString("utf8"));
}
