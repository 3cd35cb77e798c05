import { afterAll, describe, expect, test } from "vitest";
import { openTextExtractor } from "./open-text-extractor.ts";
import { makeDocx, makeOpenDocument, makePptx, makeXlsx, makeZip, wordParagraph } from "./samples/office.ts";
import { makePdf } from "./samples/pdf.ts";
import { toSource } from "./samples/source.ts";

const extractor = openTextExtractor();
afterAll(() => extractor.close());

const extract = (name: string, content: string | Uint8Array) =>
  extractor.extract(toSource(name, content), new AbortController().signal);

const invalid = (message: RegExp) => ({
  name: "ExtractionError",
  code: "invalid_file",
  message: expect.stringMatching(message),
});
const unsupported = (message: RegExp) => ({
  name: "ExtractionError",
  code: "unsupported_file",
  message: expect.stringMatching(message),
});

describe("text", () => {
  test.each([
    ["notes.txt", "Grüße, 日本語, 👋\nzweite Zeile"],
    ["readme.md", "# Title\n\n- item *one*\n"],
    ["data.jsonl", '{"a":1}\n{"a":"é"}\n'],
    ["table.csv", 'name,"a, b"\nÅse,2\n'],
    ["main.rs", 'fn main() { println!("{}", "<html>"); }\n'],
    ["page.xml", '<?xml version="1.0"?>\n<a>b</a>\n'],
  ])("%s is kept as it is", async (name, content) => {
    expect(await extract(name, content)).toBe(content);
  });

  test("a byte order mark is no text, and line ends are made line feeds", async () => {
    expect(await extract("a.txt", "\ufeffone\r\ntwo\rthree\n")).toBe("one\ntwo\nthree\n");
  });

  test("UTF-16 with a byte order mark is read in both orders", async () => {
    const little = Buffer.from("\ufeffGrüße 👋", "utf16le");
    expect(await extract("a.txt", little)).toBe("Grüße 👋");
    expect(await extract("a.txt", Buffer.from(little).swap16())).toBe("Grüße 👋");
  });

  test("what is not UTF-8 and looks like text is read as Windows-1252", async () => {
    expect(await extract("a.txt", Buffer.from("Gr\xfc\xdfe \x80 5", "latin1"))).toBe("Grüße € 5");
  });

  test("a character cut at the end does not make UTF-8 another encoding", async () => {
    const text = Buffer.from("Grüße an alle Füchse, schöne Grüße 日");
    expect(await extract("a.txt", text.subarray(0, -1))).toBe("Grüße an alle Füchse, schöne Grüße \ufffd");
  });

  test("NUL characters are removed, and a half of a surrogate pair is no character", async () => {
    const text = `${"some words ".repeat(20)}end`;
    expect(await extract("a.txt", text.replace("words", "wo\0rds"))).toBe(text);
    const utf16 = Buffer.from(`\ufeff${text.replace("some", "so\ud83dme")}`, "utf16le");
    expect(await extract("a.txt", utf16)).toBe(text.replace("some", "so\ufffdme"));
  });

  test("text larger than what one message carries arrives whole", async () => {
    const text = Array.from({ length: 50_000 }, (_, line) => `line ${line} é 👋\n`).join("");
    expect(await extract("big.log", text)).toBe(text);
  });
});

describe("HTML", () => {
  test("gives its title, blocks, rows and words, and no script", async () => {
    const html = `<!-- x --><!DOCTYPE html><html><head><title>T &amp; U</title><style>p{}</style></head><body>
      <h1>Head</h1><p>a <b>b</b>c&nbsp;d<br>e</p><script>bad("</p>")</script>
      <table><tr><th>k</th><td>v</td></tr><tr><td></td><td><p>w</p></td></tr></table>
      <pre>x\n  y</pre><ul><li>one<li>two</ul></body></html>`;
    const text = "T & U\n\nHead\n\na bc d\ne\n\nk\tv\n\tw\n\nx\n  y\n\none\ntwo";
    expect(await extract("page.html", html)).toBe(text);
    expect(await extract("page.txt", html)).toBe(text);
  });

  test("without a head is known by the name together with an element", async () => {
    expect(await extract("part.html", "<p>a</p><p>b</p>")).toBe("a\n\nb");
    expect(await extract("part.md", "<p>a</p><p>b</p>")).toBe("<p>a</p><p>b</p>");
    expect(await extract("part.html", "a < b")).toBe("a < b");
  });

  test("is read in the encoding that it names", async () => {
    const html = '<html><meta charset="iso-8859-2"><p>\xb1\xe6\xea</p></html>';
    expect(await extract("a.html", Buffer.from(html, "latin1"))).toBe("ąćę");
  });
});

describe("PDF", () => {
  test("gives the text of all pages in order, whatever its name says", async () => {
    const pdf = makePdf(["First (page)\ncaf\xe9 \xa75", "", "Last"]);
    expect(await extract("a.pdf", pdf)).toBe("First (page)\ncafé §5\n\nLast");
    expect(await extract("a.txt", pdf)).toBe("First (page)\ncafé §5\n\nLast");
    expect(await extract("a", Buffer.concat([Buffer.from([0, 1, 2, 10]), pdf]))).toBe(
      "First (page)\ncafé §5\n\nLast",
    );
  });

  test("without text says that it has none", async () => {
    await expect(extract("scan.pdf", makePdf(["", ""]))).rejects.toMatchObject(invalid(/no text.*OCR/));
  });

  test("that is broken or encrypted is refused", async () => {
    await expect(extract("a.pdf", "%PDF-1.7\nrubbish")).rejects.toMatchObject(invalid(/broken.*PDF/));
    await expect(extract("a.pdf", makePdf(["secret"], { encrypted: true }))).rejects.toMatchObject(
      invalid(/encrypted/),
    );
  });
});

describe("Office documents", () => {
  test("DOCX gives paragraphs, tables, tabs and footnotes, and nothing that was deleted", async () => {
    const cell = (text: string) => `<w:tc>${wordParagraph(text)}</w:tc>`;
    const body =
      `${wordParagraph("Grüße &amp; 日本")}<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>` +
      "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>" +
      `<w:tbl><w:tr>${cell("1")}${cell("2")}</w:tr><w:tr>${cell("3")}${cell("4")}</w:tr></w:tbl>`;
    const text = "Grüße & 日本\na\tb\nc\n\n1\t2\n3\t4\n\nnote";
    expect(await extract("a.docx", makeDocx(body, `<w:footnote>${wordParagraph("note")}</w:footnote>`))).toBe(
      text,
    );
  });

  test("XLSX gives sheets and rows with strings, numbers, dates and formulas' results in their columns", async () => {
    const rows =
      '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1" t="s"><v>0</v></c></row><row r="2"><c r="A2"/></row>' +
      '<row r="3"><c r="A3" s="1"><v>46347</v></c><c r="B3" s="2"><v>46347.573125</v></c><c r="C3"><f>1+1</f><v>2.5</v></c>' +
      '<c r="D3" t="inlineStr"><is><t>in</t><rPh><t>no</t></rPh><t>line</t></is></c><c r="E3" t="b"><v>1</v></c></row>';
    expect(await extract("a.xlsx", makeXlsx("Täglich", rows, ["Zwei", "Eins"]))).toBe(
      "Täglich\nEins\t\tZwei\n2026-11-21\t2026-11-21 13:45:18\t2.5\tinline\tTRUE",
    );
  });

  test("PPTX gives slides in the order shown, with their notes and without numbers", async () => {
    const pptx = makePptx([
      { text: "Erste", notes: "Notiz é" },
      { text: "Zweite", notes: "" },
    ]);
    expect(await extract("a.pptx", pptx)).toBe("Erste\n\nNotiz é\n\nZweite");
  });

  test("OpenDocument gives the text of documents, sheets and presentations", async () => {
    const odt =
      "<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>" +
      "<text:h>Über</text:h><text:p>a<text:s/>b<text:tab/>c <text:span>d</text:span></text:p></office:text>";
    expect(await extract("a.odt", makeOpenDocument("text", odt))).toBe("Über\na b\tc d");
    const cell = (text: string) => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
    const ods = `<table:table><table:table-row>${cell("x")}${cell("")}${cell("y")}</table:table-row></table:table>`;
    expect(await extract("a.ods", makeOpenDocument("spreadsheet", ods))).toBe("x\t\ty");
    const odp =
      "<draw:page><draw:frame><text:p>s1</text:p></draw:frame></draw:page><draw:page><text:p>s2</text:p></draw:page>";
    expect(await extract("a.odp", makeOpenDocument("presentation", odp))).toBe("s1\n\ns2");
  });

  test("that are broken or encrypted are refused", async () => {
    const docx = makeDocx(wordParagraph("text ".repeat(100)));
    await expect(extract("a.docx", docx.subarray(0, docx.length / 2))).rejects.toMatchObject(
      invalid(/broken/),
    );
    const locked = makeOpenDocument("text", "<text:p>\x01\x02</text:p>", "<manifest:encryption-data/>");
    await expect(extract("a.odt", locked)).rejects.toMatchObject(invalid(/encrypted/));
    const ole = Buffer.concat([
      Buffer.from("d0cf11e0a1b11ae1", "hex"),
      Buffer.from("EncryptedPackage", "utf16le"),
    ]);
    await expect(extract("a.docx", ole)).rejects.toMatchObject(invalid(/encrypted/));
    await expect(extract("a.docx", makeDocx(""))).rejects.toMatchObject(invalid(/no text/));
  });
});

describe("files of no use", () => {
  test("an empty file and one of white space are refused", async () => {
    await expect(extract("a.txt", "")).rejects.toMatchObject(invalid(/empty/));
    await expect(extract("a.txt", " \r\n\t")).rejects.toMatchObject(invalid(/no text/));
  });

  test("what is not known is unsupported, and the message names what is", async () => {
    const rubbish = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919 + (at >> 3) * 31) & 255);
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
    for (const [name, content] of [
      ["a.txt", rubbish],
      ["b.pdf", png],
      ["c.bin", Buffer.from([0, 0, 0, 1])],
    ] as const) {
      await expect(extract(name, content)).rejects.toMatchObject(
        unsupported(/Supported are: plain text.*PDF, DOCX/),
      );
    }
    await expect(extract("a.docx", makeZip({ "a.txt": "x" }))).rejects.toMatchObject(
      unsupported(/ZIP archive/),
    );
    await expect(extract("a.doc", Buffer.from("d0cf11e0a1b11ae1", "hex"))).rejects.toMatchObject(
      unsupported(/2007/),
    );
    await expect(extract("a.rtf", "{\\rtf1 hello}")).rejects.toMatchObject(unsupported(/RTF/));
  });
});
