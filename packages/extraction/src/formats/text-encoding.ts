/** One control character in so many is still text: a stray form feed, a terminal's colours. */
const textPerControl = 50;
/** Bytes that stand for nothing in Windows-1252 (WHATWG Encoding, index windows-1252, but for C1 controls). */
const undefined1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/**
 * Decodes bytes that look like text: by their byte order mark, else as UTF-8, else in the encoding they `declare` for
 * themselves, else as Windows-1252. A few bytes that are wrong in much good UTF-8, such as a character cut at the end,
 * become U+FFFD.
 *
 * @param declared finds the encoding that the text itself names, in its first bytes read as Latin-1
 * @returns undefined when the bytes are not text: NUL bytes and control characters among them, or no such encoding
 */
export function decodeText(
  bytes: Uint8Array,
  declared: (start: string) => string | undefined = () => undefined,
): string | undefined {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : isBigEndian(bytes) ? "utf-16be" : undefined;
  if (utf16 !== undefined) {
    const text = new TextDecoder(utf16).decode(bytes);
    return mostlyText(text.length, countControls(text)) ? text : undefined;
  }
  if (!mostlyText(bytes.length, countControlBytes(bytes))) return undefined;
  const text = new TextDecoder().decode(bytes);
  const [wrong, right] = countBeyondAscii(text);
  if (wrong === 0 || right > 4 * wrong) return text;
  return decodeLegacy(bytes, declared(Buffer.from(bytes.subarray(0, 2048)).toString("latin1")));
}

function isBigEndian(bytes: Uint8Array): boolean {
  return bytes[0] === 0xfe && bytes[1] === 0xff;
}

function decodeLegacy(bytes: Uint8Array, label: string | undefined): string | undefined {
  // UTF-16 would have been known by its mark, or its label could not have been read.
  if (label !== undefined && !/^utf-?16/i.test(label)) {
    try {
      return new TextDecoder(label).decode(bytes);
    } catch {
      // An encoding that does not exist: the next guess is as good as for a file that names none.
    }
  }
  for (const byte of bytes) if (undefined1252.has(byte)) return undefined;
  return new TextDecoder("windows-1252").decode(bytes);
}

function mostlyText(length: number, controls: number): boolean {
  return controls * textPerControl <= length;
}

/** Neither white space nor the escape of terminal colours. */
function isControl(code: number): boolean {
  return code < 32 && !(code >= 8 && code <= 13) && code !== 27;
}

function countControlBytes(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (isControl(byte)) count++;
  return count;
}

function countControls(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A half of a surrogate pair has been decoded as U+FFFD.
    if (isControl(code) || code === 0xfffd) count++;
  }
  return count;
}

/** How many characters could not be decoded, and how many others are not ASCII. */
function countBeyondAscii(text: string): [wrong: number, right: number] {
  let wrong = 0;
  let right = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) wrong++;
    else if (code > 127) right++;
  }
  return [wrong, right];
}
