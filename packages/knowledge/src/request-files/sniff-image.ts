/** The media type of a picture by its first bytes, for the formats that models take; undefined for anything else. */
export function sniffImage(content: Uint8Array): string | undefined {
  const starts = (bytes: readonly number[], at = 0): boolean =>
    bytes.every((byte, place) => content[at + place] === byte);
  // PNG, section 5.2: the signature.
  if (starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  // JPEG: start of image, then a marker.
  if (starts([0xff, 0xd8, 0xff])) return "image/jpeg";
  // GIF87a and GIF89a.
  if (
    starts([0x47, 0x49, 0x46, 0x38]) &&
    (content[4] === 0x37 || content[4] === 0x39) &&
    content[5] === 0x61
  ) {
    return "image/gif";
  }
  // RIFF, its length, WEBP.
  if (starts([0x52, 0x49, 0x46, 0x46]) && starts([0x57, 0x45, 0x42, 0x50], 8)) return "image/webp";
  return undefined;
}
