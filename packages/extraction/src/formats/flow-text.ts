import { readXml } from "./markup.ts";
import type { TextWriter } from "./text-writer.ts";

/** Which elements of a document format mean what, by local name. */
export interface FlowNames {
  paragraphs: ReadonlySet<string>;
  /** The elements that hold text; undefined when all text inside a paragraph counts. */
  texts?: ReadonlySet<string>;
  rows: ReadonlySet<string>;
  cells: ReadonlySet<string>;
  breaks: ReadonlySet<string>;
  tabs: ReadonlySet<string>;
  spaces: ReadonlySet<string>;
  /** Pages or slides: what begins after an empty line. */
  pages: ReadonlySet<string>;
  /** What is left out with all that is in it. */
  skipped: ReadonlySet<string>;
}

const names = (...list: string[]): ReadonlySet<string> => new Set(list);

/** WordprocessingML (ECMA-376 part 1, 17). Tab stops stand in the properties that are left out; so does old text. */
export const wordNames: FlowNames = {
  paragraphs: names("p"),
  texts: names("t"),
  rows: names("tr"),
  cells: names("tc"),
  breaks: names("br", "cr"),
  tabs: names("tab"),
  spaces: names(),
  pages: names("tbl"),
  skipped: names("pPr", "rPr", "tblPr", "sectPr", "Fallback"),
};

/** DrawingML text on slides (ECMA-376 part 1, 21.1.2). Fields are the slide's number and the date. */
export const slideNames: FlowNames = {
  paragraphs: names("p"),
  texts: names("t"),
  rows: names("tr"),
  cells: names("tc"),
  breaks: names("br"),
  tabs: names("tab"),
  spaces: names(),
  pages: names("sp", "tbl"),
  skipped: names("fld", "pPr", "rPr", "Fallback"),
};

/** OpenDocument (OASIS ODF 1.3 part 3): text, sheets and slides alike. Tracked changes hold what was deleted. */
export const openDocumentNames: FlowNames = {
  paragraphs: names("p", "h"),
  rows: names("table-row"),
  cells: names("table-cell", "covered-table-cell"),
  breaks: names("line-break"),
  tabs: names("tab"),
  spaces: names("s"),
  pages: names("page", "table", "list", "frame", "notes"),
  skipped: names("tracked-changes", "annotation", "forms"),
};

/**
 * Writes the text of a document that is made of paragraphs and tables: a line for each paragraph and row.
 *
 * @throws Refusal `invalid_file` when it is nested too deeply or has too much text.
 */
export function writeFlowText(xml: Uint8Array, meaning: FlowNames, out: TextWriter): void {
  let skipping = 0;
  let paragraphs = 0;
  let texts = 0;
  readXml(xml, {
    open(name) {
      if (meaning.skipped.has(name)) skipping++;
      if (skipping > 0) return;
      if (meaning.paragraphs.has(name) && paragraphs++ === 0) out.breakLine();
      else if (meaning.texts?.has(name) === true) texts++;
      else if (meaning.rows.has(name)) out.row();
      else if (meaning.cells.has(name)) out.cell();
      else if (meaning.pages.has(name)) out.breakLine(2);
      else if (paragraphs === 0) return;
      else if (meaning.breaks.has(name)) out.breakLine();
      else if (meaning.tabs.has(name)) out.tab();
      else if (meaning.spaces.has(name)) out.space();
    },
    text(text) {
      if (skipping > 0 || paragraphs === 0) return;
      if (meaning.texts === undefined) out.writeWords(text);
      else if (texts > 0) out.write(text);
    },
    close(name) {
      if (meaning.skipped.has(name)) skipping--;
      if (skipping > 0) return;
      if (meaning.paragraphs.has(name)) {
        // A paragraph inside another is a note or a text box.
        if (--paragraphs === 0) out.breakLine();
        else out.space();
      } else if (meaning.texts?.has(name) === true) texts--;
      else if (meaning.rows.has(name)) out.row();
      else if (meaning.pages.has(name)) out.breakLine(2);
    },
  });
}
