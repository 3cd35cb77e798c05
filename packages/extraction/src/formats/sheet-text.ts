import { prefixedAttribute, readXml } from "./markup.ts";
import { broken } from "./refusal.ts";
import { readRelationships } from "./relationships.ts";
import { type DateStyles, readDateStyles, renderSerialDate } from "./sheet-dates.ts";
import type { TextWriter } from "./text-writer.ts";
import type { ZipParts } from "./zip-parts.ts";

interface Workbook {
  strings: string[];
  dates: DateStyles;
  since1904: boolean;
}

/**
 * Writes the text of an XLSX workbook: for each sheet its name, and a line for each row that has a value, with the
 * columns parted by tabs (ECMA-376 part 1, 18). Formulas stand for their last result, dates for the day they mean.
 *
 * @throws Refusal `invalid_file` when a part is missing, broken or too large.
 */
export function writeSheetText(zip: ZipParts, part: string, out: TextWriter): void {
  const related = readRelationships(zip, [part]).get(part) ?? [];
  const targets = new Map(related.map(({ id, part }) => [id, part]));
  const ofType = (wanted: string) => related.find(({ type }) => type === wanted)?.part ?? "";
  const sheets: { title: string; part: string }[] = [];
  let since1904 = false;
  const xml = zip.unpackOne(part);
  if (xml === undefined) throw broken("XLSX");
  readXml(xml, {
    open(name, attributes) {
      if (name === "workbookPr") since1904 = isTrue(attributes.date1904);
      if (name !== "sheet") return;
      const target = targets.get(prefixedAttribute(attributes, "id") ?? "");
      if (target !== undefined) sheets.push({ title: attributes.name ?? "", part: target });
    },
    text() {},
    close() {},
  });
  const workbook: Workbook = {
    strings: readStrings(zip.unpackOne(ofType("sharedStrings"))),
    dates: readDateStyles(zip.unpackOne(ofType("styles"))),
    since1904,
  };
  // All at once, since each search goes through the whole archive.
  const unpacked = zip.unpack(sheets.map((sheet) => sheet.part));
  for (const sheet of sheets) {
    const rows = unpacked.get(sheet.part);
    if (rows === undefined) throw broken("XLSX");
    out.breakLine(2);
    out.write(sheet.title);
    writeRows(rows, workbook, out);
  }
}

function writeRows(xml: Uint8Array, workbook: Workbook, out: TextWriter): void {
  let column = 0;
  let cell: Record<string, string> | undefined;
  let value = "";
  let reading = false;
  let skipping = false;
  readXml(xml, {
    open(name, attributes) {
      if (name === "row") {
        out.row();
        column = 0;
      } else if (name === "c") {
        cell = attributes;
        value = "";
      } else if (name === "rPh") skipping = true;
      else if (name === "v" || name === "t") reading = cell !== undefined && !skipping;
    },
    text(text) {
      if (reading) value += text;
    },
    close(name) {
      if (name === "v" || name === "t") reading = false;
      else if (name === "rPh") skipping = false;
      else if (name === "row") out.row();
      else if (name === "c" && cell !== undefined) {
        const at = columnOf(cell.r) ?? column;
        const text = toCellText(cell, value, workbook);
        if (text !== "") {
          for (; column < at; column++) out.tab();
          out.write(text);
        }
        cell = undefined;
      }
    },
  });
}

/** A cell's text by its type (ECMA-376 part 1, 18.18.11). */
function toCellText(
  { t: type, s: style }: Record<string, string>,
  value: string,
  workbook: Workbook,
): string {
  if (type === "s") return workbook.strings[Number(value)] ?? "";
  if (type === "b") return isTrue(value) ? "TRUE" : "FALSE";
  if (type !== undefined && type !== "n") return value;
  const shown = style === undefined ? undefined : workbook.dates.get(Number(style));
  return (shown && renderSerialDate(Number(value), shown, workbook.since1904)) ?? value;
}

/** The shared strings; the pronunciation that may stand beside one is left out. */
function readStrings(xml: Uint8Array | undefined): string[] {
  const strings: string[] = [];
  if (xml === undefined) return strings;
  let text = "";
  let reading = false;
  let skipping = false;
  readXml(xml, {
    open(name) {
      if (name === "si") text = "";
      else if (name === "rPh") skipping = true;
      else if (name === "t") reading = !skipping;
    },
    text(piece) {
      if (reading) text += piece;
    },
    close(name) {
      if (name === "t") reading = false;
      else if (name === "rPh") skipping = false;
      else if (name === "si") strings.push(text);
    },
  });
  return strings;
}

/** The column of a cell's reference, from 0: `C5` is in column 2. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? "")?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

const isTrue = (value: string | undefined) => value === "1" || value === "true";
