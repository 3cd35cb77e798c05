import { openDocumentNames, slideNames, wordNames, writeFlowText } from "./flow-text.ts";
import { prefixedAttribute, readXml } from "./markup.ts";
import { broken, encrypted, unsupported } from "./refusal.ts";
import { readRelationships } from "./relationships.ts";
import { writeSheetText } from "./sheet-text.ts";
import type { TextWriter } from "./text-writer.ts";
import type { ZipParts } from "./zip-parts.ts";

const utf8 = new TextDecoder();

type Writer = (zip: ZipParts, part: string, out: TextWriter) => void;

/** Who reads what, by the content type of a document's main part: plain, as a template, with or without macros. */
const writers: [type: RegExp, write: Writer][] = [
  [/wordprocessingml\.(document|template)\.main|ms-word\.(document|template)\.macro.*\.main/, writeWord],
  [/presentationml\.[a-z]+\.main|ms-powerpoint\.[a-z]+\.macro.*\.main/, writeSlides],
  [/spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template)\.macro.*\.main/, writeSheetText],
];

/**
 * Writes the text of an Office document: OOXML or OpenDocument, known by what the archive says of itself.
 *
 * @throws Refusal `unsupported_file` for any other archive, `invalid_file` when a part is missing, broken or too large.
 */
export function writeOfficeText(zip: ZipParts, out: TextWriter): void {
  const mimetype = zip.unpackOne("mimetype");
  if (mimetype !== undefined) {
    writeOpenDocument(zip, utf8.decode(mimetype.subarray(0, 200)).trim(), out);
    return;
  }
  const contentTypes = zip.unpackOne("[Content_Types].xml");
  if (contentTypes === undefined) throw unsupported("The file is a ZIP archive.");
  for (const [part, type] of mainParts(contentTypes)) {
    const write = writers.find(([known]) => known.test(type))?.[1];
    if (write === undefined) continue;
    write(zip, part, out);
    return;
  }
  throw unsupported("The file is a ZIP archive with no document, workbook or presentation in it.");
}

/** The parts with a content type of their own, and that type (ECMA-376 part 2, "Content types"). */
function mainParts(contentTypes: Uint8Array): [part: string, type: string][] {
  const parts: [string, string][] = [];
  readXml(contentTypes, {
    open(name, { PartName: part, ContentType: type }) {
      if (name === "Override" && part && type) parts.push([part.replace(/^\//, ""), type]);
    },
    text() {},
    close() {},
  });
  return parts;
}

function writeOpenDocument(zip: ZipParts, type: string, out: TextWriter): void {
  const kind = /^application\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)/.exec(type)?.[1];
  if (kind === undefined) throw unsupported("The file is a ZIP archive.");
  const manifest = zip.unpackOne("META-INF/manifest.xml");
  if (manifest !== undefined && utf8.decode(manifest).includes("encryption-data")) throw encrypted();
  writeFlowText(partOf(zip, "content.xml", "OpenDocument"), openDocumentNames, out);
}

function writeWord(zip: ZipParts, part: string, out: TextWriter): void {
  writeFlowText(partOf(zip, part, "DOCX"), wordNames, out);
  const notes = (readRelationships(zip, [part]).get(part) ?? []).filter(
    ({ type }) => type === "footnotes" || type === "endnotes",
  );
  for (const xml of zip.unpack(notes.map((note) => note.part)).values()) {
    out.breakLine(2);
    writeFlowText(xml, wordNames, out);
  }
}

/** The slides in the order in which they are shown, each with its speaker notes. */
function writeSlides(zip: ZipParts, part: string, out: TextWriter): void {
  const targets = new Map((readRelationships(zip, [part]).get(part) ?? []).map(({ id, part }) => [id, part]));
  const slides: string[] = [];
  readXml(partOf(zip, part, "PPTX"), {
    open(name, attributes) {
      const slide = name === "sldId" ? targets.get(prefixedAttribute(attributes, "id") ?? "") : undefined;
      if (slide !== undefined) slides.push(slide);
    },
    text() {},
    close() {},
  });
  const notes = new Map(
    [...readRelationships(zip, slides)].map(([slide, found]) => [
      slide,
      found.find(({ type }) => type === "notesSlide")?.part,
    ]),
  );
  const shown = slides.flatMap((slide) => [slide, notes.get(slide)]).filter((name) => name !== undefined);
  const unpacked = zip.unpack(shown);
  for (const name of shown) {
    const xml = unpacked.get(name);
    if (xml === undefined) throw broken("PPTX");
    out.breakLine(2);
    writeFlowText(xml, slideNames, out);
  }
}

function partOf(zip: ZipParts, name: string, format: string): Uint8Array {
  const part = zip.unpackOne(name);
  if (part === undefined) throw broken(format);
  return part;
}
