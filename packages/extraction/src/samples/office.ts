import { strToU8, type Zippable, zipSync } from "fflate";

const head = '<?xml version="1.0" encoding="UTF-8"?>';
const ooxml = "http://schemas.openxmlformats.org";

/** A ZIP archive of texts and bytes, deflated. */
export function makeZip(entries: Record<string, string | Uint8Array>): Uint8Array {
  const files: Zippable = {};
  for (const [name, content] of Object.entries(entries)) {
    files[name] = typeof content === "string" ? strToU8(content) : content;
  }
  return zipSync(files);
}

/** A part of an OOXML document: its content type's middle, its XML, and the parts it refers to by id and type. */
interface Part {
  type?: string;
  xml: string;
  related?: Record<string, [type: string, target: string]>;
}

function makeOoxml(parts: Record<string, Part>): Uint8Array {
  const entries: Record<string, string> = {};
  const overrides: string[] = [];
  for (const [name, { type, xml, related }] of Object.entries(parts)) {
    entries[name] = xml.startsWith("<?xml") ? xml : `${head}${xml}`;
    if (type !== undefined) {
      const full = `application/vnd.openxmlformats-officedocument.${type}+xml`;
      overrides.push(`<Override PartName="/${name}" ContentType="${full}"/>`);
    }
    if (related === undefined) continue;
    const rows = Object.entries(related).map(
      ([id, [kind, target]]) =>
        `<Relationship Id="${id}" Type="${ooxml}/officeDocument/2006/relationships/${kind}" Target="${target}"/>`,
    );
    const [directory, file] = [name.slice(0, name.lastIndexOf("/")), name.slice(name.lastIndexOf("/") + 1)];
    entries[`${directory}/_rels/${file}.rels`] =
      `${head}<Relationships xmlns="${ooxml}/package/2006/relationships">${rows.join("")}</Relationships>`;
  }
  const types = `${head}<Types xmlns="${ooxml}/package/2006/content-types">${overrides.join("")}</Types>`;
  return makeZip({ "[Content_Types].xml": types, ...entries });
}

/** A Word document with this in its body; `prolog` stands before the root element. */
export function makeDocx(body: string, footnotes = "", prolog = ""): Uint8Array {
  const namespace = `xmlns:w="${ooxml}/wordprocessingml/2006/main"`;
  return makeOoxml({
    "word/document.xml": {
      type: "wordprocessingml.document.main",
      xml: `${head}${prolog}<w:document ${namespace}><w:body>${body}</w:body></w:document>`,
      related: { rId1: ["footnotes", "footnotes.xml"] },
    },
    "word/footnotes.xml": {
      type: "wordprocessingml.footnotes",
      xml: `<w:footnotes ${namespace}>${footnotes}</w:footnotes>`,
    },
  });
}

/** A Word paragraph. */
export function wordParagraph(text: string): string {
  return `<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
}

/** A workbook of one sheet; rows are XML, cells refer to the shared strings. Cell style 1 is a date. */
export function makeXlsx(title: string, rows: string, strings: readonly string[]): Uint8Array {
  const namespace = `xmlns="${ooxml}/spreadsheetml/2006/main" xmlns:r="${ooxml}/officeDocument/2006/relationships"`;
  return makeOoxml({
    "xl/workbook.xml": {
      type: "spreadsheetml.sheet.main",
      xml: `<workbook ${namespace}><sheets><sheet name="${title}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
      related: {
        rId1: ["worksheet", "worksheets/sheet1.xml"],
        rId2: ["sharedStrings", "/xl/sharedStrings.xml"],
        rId3: ["styles", "styles.xml"],
      },
    },
    "xl/worksheets/sheet1.xml": {
      type: "spreadsheetml.worksheet",
      xml: `<worksheet ${namespace}><sheetData>${rows}</sheetData></worksheet>`,
    },
    "xl/sharedStrings.xml": {
      xml: `<sst ${namespace}>${strings.map((text) => `<si><t>${text}</t></si>`).join("")}</sst>`,
    },
    "xl/styles.xml": {
      xml:
        `<styleSheet ${namespace}><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy hh:mm"/></numFmts>` +
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    },
  });
}

/** A presentation with slides in this order, though its archive has them in another; notes may be empty. */
export function makePptx(slides: readonly { text: string; notes: string }[]): Uint8Array {
  const namespace = `xmlns:a="${ooxml}/drawingml/2006/main" xmlns:p="${ooxml}/presentationml/2006/main"`;
  const relations = `xmlns:r="${ooxml}/officeDocument/2006/relationships"`;
  const shape = (text: string) =>
    `<p:sp><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
  const number = '<a:p><a:fld type="slidenum"><a:t>77</a:t></a:fld></a:p>';
  const file = (index: number) => `slide${slides.length - index}.xml`;
  const parts: Record<string, Part> = {};
  slides.forEach(({ text, notes }, index) => {
    parts[`ppt/slides/${file(index)}`] = {
      type: "presentationml.slide",
      xml: `<p:sld ${namespace}>${shape(text)}${number}</p:sld>`,
      related: { rId1: ["notesSlide", `../notesSlides/${file(index)}`] },
    };
    parts[`ppt/notesSlides/${file(index)}`] = { xml: `<p:notes ${namespace}>${shape(notes)}</p:notes>` };
  });
  const ids = slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="rId${index}"/>`);
  parts["ppt/presentation.xml"] = {
    type: "presentationml.presentation.main",
    xml: `<p:presentation ${namespace} ${relations}><p:sldIdLst>${ids.join("")}</p:sldIdLst></p:presentation>`,
    related: Object.fromEntries(
      slides.map((_, index) => [`rId${index}`, ["slide", `slides/${file(index)}`]]),
    ),
  };
  return makeOoxml(parts);
}

/** An OpenDocument file of a kind (`text`, `spreadsheet`, `presentation`) with this in its body. */
export function makeOpenDocument(kind: string, body: string, manifest = ""): Uint8Array {
  const oasis = "urn:oasis:names:tc:opendocument:xmlns";
  const namespaces = ["office", "text", "table", "draw"].map(
    (name) => `xmlns:${name}="${oasis}:${name}:1.0"`,
  );
  return makeZip({
    mimetype: `application/vnd.oasis.opendocument.${kind}`,
    "META-INF/manifest.xml": `<manifest:manifest>${manifest}</manifest:manifest>`,
    "content.xml": `${head}<office:document-content ${namespaces.join(" ")}><office:body>${body}</office:body></office:document-content>`,
  });
}
