/** Settings of {@link makePdf}, for files that are wrong. */
export interface PdfOptions {
  /** The page tree's node refers to itself in place of pages. */
  loop?: boolean;
  /** The trailer asks for a password, in a way no reader can satisfy. */
  encrypted?: boolean;
}

/** A PDF with a page for each text; its lines are in Helvetica, so Windows-1252 only. An empty text is an empty page. */
export function makePdf(pages: readonly string[], options: PdfOptions = {}): Uint8Array {
  const kids = options.loop ? ["2 0 R"] : pages.map((_, index) => `${4 + 2 * index} 0 R`);
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  pages.forEach((page, index) => {
    const resources = "/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>";
    objects.push(`<< /Type /Page /Parent 2 0 R ${resources} /Contents ${5 + 2 * index} 0 R >>`);
    const lines = page.split("\n").map((line) => `(${line.replace(/[\\()]/g, "\\$&")}) Tj T*`);
    const content = page === "" ? "" : `BT /F1 12 Tf 14 TL 72 720 Td ${lines.join(" ")} ET`;
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  });
  return assemble(objects, options.encrypted ? `/Encrypt << ${encryption} >> /ID [<00> <00>]` : "");
}

const encryption = `/Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${"11".repeat(32)}> /U <${"22".repeat(32)}>`;

/** Objects in their order, the table of where they are, and the trailer (ISO 32000-1, 7.5). */
function assemble(objects: readonly string[], trailer: string): Uint8Array {
  let pdf = "%PDF-1.7\n";
  const rows = objects.map((object, index) => {
    const row = `${String(pdf.length).padStart(10, "0")} 00000 n \n`;
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return row;
  });
  const at = pdf.length;
  const size = objects.length + 1;
  pdf += `xref\n0 ${size}\n0000000000 65535 f \n${rows.join("")}`;
  pdf += `trailer << /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.from(pdf, "latin1");
}
