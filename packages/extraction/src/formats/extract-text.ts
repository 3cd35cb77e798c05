import { writeHtmlText } from "./html-text.ts";
import { writeOfficeText } from "./office-text.ts";
import { writePdfText } from "./pdf-text.ts";
import { broken, encrypted, Refusal, unsupported } from "./refusal.ts";
import { decodeText } from "./text-encoding.ts";
import { checkLength, cleanText, TextWriter } from "./text-writer.ts";
import { ZipParts } from "./zip-parts.ts";

/** A file as the extraction process has it. */
export interface FileToRead {
  filename: string;
  bytes: Uint8Array;
  maxTextChars: number;
  /** How large an archive may be when it is unpacked. */
  maxUnpackedBytes: number;
}

/** First bytes of kinds that are met often and not read, as Latin-1, and how to name them. */
const knownKinds: [start: string, name: string][] = [
  ["\x89PNG", "a PNG picture"],
  ["\xff\xd8\xff", "a JPEG picture"],
  ["GIF8", "a GIF picture"],
  ["\x1f\x8b", "compressed with gzip"],
  ["{\\rtf", "an RTF document"],
  ["\xd0\xcf\x11\xe0", "an Office document of the time before 2007 (DOC, XLS, PPT)"],
  ["PK\x05\x06", "an empty ZIP archive"],
];

/**
 * The text of a file. What it is, its content says; the name only tells HTML without a head from text.
 *
 * @throws Refusal when there is none to be had; see `TextExtractor.extract`. Anything else is a fault of a reader.
 */
export async function extractText(file: FileToRead): Promise<string> {
  const text = await readText(file);
  if (text.trim() === "") throw new Refusal("invalid_file", "The file has no text.");
  return text;
}

async function readText({ filename, bytes, maxTextChars, maxUnpackedBytes }: FileToRead): Promise<string> {
  const out = new TextWriter(maxTextChars);
  const start = latin1(bytes.subarray(0, 1024));
  if (start.startsWith("%PDF-") || (start.includes("%PDF-") && endsLikePdf(bytes))) {
    await writePdfText(bytes, out);
    return out.toText();
  }
  if (start.startsWith("PK\x03\x04")) {
    writeOfficeText(new ZipParts(bytes, maxUnpackedBytes), out);
    return out.toText();
  }
  const kind = knownKinds.find(([magic]) => start.startsWith(magic))?.[1];
  if (kind !== undefined)
    throw isLockedOffice(bytes, start) ? encrypted() : unsupported(`The file is ${kind}.`);
  const text = decodeText(bytes, declaredEncoding);
  if (text !== undefined) {
    if (isHtml(text, filename)) {
      writeHtmlText(text, out);
      return out.toText();
    }
    checkLength(text.length, maxTextChars);
    return cleanText(text);
  }
  throw unsupported();
}

/** Readers of PDF allow for other bytes before its first line and after its last (ISO 32000-1, notes 13 and 18). */
function endsLikePdf(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(-1024)).includes("%%EOF");
}

/** Whether it is one of today's Office documents, encrypted: that is packed into the container of the old ones. */
function isLockedOffice(bytes: Uint8Array, start: string): boolean {
  const name = Buffer.from("EncryptedPackage", "utf16le");
  return (
    start.startsWith("\xd0\xcf\x11\xe0") &&
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(name)
  );
}

/** Whether text is HTML: it begins like a document, or is named like one and has an element. */
function isHtml(text: string, filename: string): boolean {
  const start = text
    .slice(0, 4096)
    .replace(/<!--.*?-->|<\?xml[^>]*>/gs, "")
    .trimStart();
  if (/^<(!doctype\s+html|html|head|body)\b/i.test(start)) return true;
  return /\.x?html?$/i.test(filename) && /<\/?[a-z][a-z0-9]*[\s/>]/i.test(text.slice(0, 65_536));
}

/** The encoding that HTML names in its head (HTML, "charset" in a `meta` element). */
function declaredEncoding(start: string): string | undefined {
  return /<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]+)/i.exec(start)?.[1];
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** What a failure of a reader says of the file: each of them comes from what is in it. */
export function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof RangeError && /call stack/i.test(thrown.message)) {
    return new Refusal("invalid_file", "The file is nested too deeply.", { cause: thrown });
  }
  if (thrown instanceof RangeError && /allocation|string length|array length/i.test(thrown.message)) {
    return new Refusal("invalid_file", "The file needs more memory than one file may have.", {
      cause: thrown,
    });
  }
  return broken("what it begins as", thrown);
}
