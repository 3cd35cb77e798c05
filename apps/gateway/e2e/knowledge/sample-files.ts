import { crc32 } from "node:zlib";

const head = '<?xml version="1.0" encoding="UTF-8"?>';
const ooxml = "http://schemas.openxmlformats.org";

/** A web page; what is in its script is no text of it. */
export function makeHtml(text: string): string {
  return `<!doctype html><html><head><title>Page</title><script>const hidden = "${text} in code";</script></head><body><main><p>${text}</p></main></body></html>`;
}

/** A Word document with one paragraph. */
export function makeDocx(text: string): Uint8Array {
  const main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
  return makeOffice("word/document.xml", main, {
    "word/document.xml": `${head}<w:document xmlns:w="${ooxml}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
  });
}

/** A workbook with one cell. */
export function makeXlsx(text: string): Uint8Array {
  const main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
  const spaces = `xmlns="${ooxml}/spreadsheetml/2006/main" xmlns:r="${ooxml}/officeDocument/2006/relationships"`;
  const cell = `<c r="A1" t="inlineStr"><is><t>${text}</t></is></c>`;
  return makeOffice("xl/workbook.xml", main, {
    "xl/workbook.xml": `${head}<workbook ${spaces}><sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": makeRelations({ rId1: ["worksheet", "worksheets/sheet1.xml"] }),
    "xl/worksheets/sheet1.xml": `${head}<worksheet ${spaces}><sheetData><row r="1">${cell}</row></sheetData></worksheet>`,
  });
}

/** A PDF of one page with one line, which must be plain ASCII without parentheses. */
export function makePdf(text: string): Uint8Array {
  const content = `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  let pdf = "%PDF-1.7\n";
  const rows = objects.map((object, index) => {
    const row = `${String(pdf.length).padStart(10, "0")} 00000 n \n`;
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return row;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join("")}`;
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF\n`;
  return Buffer.from(pdf + table + trailer, "latin1");
}

/** A PNG of one red pixel. */
export const redPixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);

function makeOffice(main: string, type: string, parts: Record<string, string>): Uint8Array {
  const override = `<Override PartName="/${main}" ContentType="${type}"/>`;
  return makeZip({
    "[Content_Types].xml": `${head}<Types xmlns="${ooxml}/package/2006/content-types">${override}</Types>`,
    "_rels/.rels": makeRelations({ rId1: ["officeDocument", main] }),
    ...parts,
  });
}

function makeRelations(relations: Record<string, [kind: string, target: string]>): string {
  const rows = Object.entries(relations).map(
    ([id, [kind, target]]) =>
      `<Relationship Id="${id}" Type="${ooxml}/officeDocument/2006/relationships/${kind}" Target="${target}"/>`,
  );
  return `${head}<Relationships xmlns="${ooxml}/package/2006/relationships">${rows.join("")}</Relationships>`;
}

/** An archive of texts, not compressed (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16). */
function makeZip(entries: Record<string, string>): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)];
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(content.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), facts, path, content]);
    directory.push(Buffer.from("PK\x01\x02\x14\0"), facts, place, path);
    locals.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(locals.length, 4);
  end.writeUInt16LE(locals.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, ...directory, Buffer.from("PK\x05\x06"), end]);
}
