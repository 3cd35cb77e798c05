import { afterAll, describe, expect, test } from "vitest";
import { openTextExtractor, type TextExtractorOptions } from "./open-text-extractor.ts";
import { makeDocx, makeOpenDocument, makeZip, wordParagraph } from "./samples/office.ts";
import { makePdf } from "./samples/pdf.ts";
import { toSource } from "./samples/source.ts";

const mebibyte = 2 ** 20;
const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(open.map((extractor) => extractor.close()));
});

/** Extracts a hostile file, sees that it fails as one, and that the next file is read all the same. */
async function expectHarmless(content: string | Uint8Array, options: TextExtractorOptions, message: RegExp) {
  const faults: unknown[] = [];
  const extractor = openTextExtractor({ ...options, onFault: (_, error) => faults.push(error) });
  open.push(extractor);
  const { signal } = new AbortController();
  const hostile = extractor.extract(toSource("hostile", content), signal);
  const harmless = extractor.extract(toSource("a.txt", "harmless"), signal);
  await expect(hostile).rejects.toMatchObject({
    name: "ExtractionError",
    code: "invalid_file",
    message: expect.stringMatching(message),
  });
  expect(await harmless).toBe("harmless");
  expect(faults).toEqual([]);
}

/** The archive with the unpacked sizes that it states of its entries (in both places) set to another. */
function withStatedSize(zip: Uint8Array, stated: number): Uint8Array {
  const lying = Buffer.from(zip);
  for (const [signature, offset] of [
    ["PK\x03\x04", 22],
    ["PK\x01\x02", 24],
  ] as const) {
    for (let at = lying.indexOf(signature); at >= 0; at = lying.indexOf(signature, at + 4)) {
      lying.writeUInt32LE(stated, at + offset);
    }
  }
  return lying;
}

/** An archive in whose directory one entry stands many times. */
function withRepeatedEntry(zip: Uint8Array, name: string, times: number): Uint8Array {
  const bytes = Buffer.from(zip);
  const end = bytes.length - 22;
  const directory = bytes.subarray(bytes.readUInt32LE(end + 16), end);
  const at = directory.lastIndexOf("PK\x01\x02", directory.indexOf(name));
  const next = directory.indexOf("PK\x01\x02", at + 4);
  const entry = directory.subarray(at, next < 0 ? undefined : next);
  const trailer = Buffer.from(bytes.subarray(end));
  for (const offset of [8, 10]) trailer.writeUInt16LE(trailer.readUInt16LE(offset) + times, offset);
  trailer.writeUInt32LE(directory.length + entry.length * times, 12);
  return Buffer.concat([bytes.subarray(0, end), ...Array.from({ length: times }, () => entry), trailer]);
}

describe("an archive that is a bomb", () => {
  // 1000:1, and more than half of the memory.
  const bomb = makeDocx(" ".repeat(66 * mebibyte));
  const options = { memoryBytes: 128 * mebibyte };

  test("is refused by the sizes it states", async () => {
    expect(bomb.length).toBeLessThan(mebibyte);
    await expectHarmless(bomb, options, /unpacks to more than 64 MiB/);
  });

  test("is unpacked no further than to the sizes it states", async () => {
    await expectHarmless(withStatedSize(bomb, 1000), options, /broken|no text/);
  });

  test("is refused when one entry stands in it many times", async () => {
    const one = makeOpenDocument("text", " ".repeat(mebibyte));
    await expectHarmless(withRepeatedEntry(one, "content.xml", 100), options, /unpacks to more than 64 MiB/);
  });

  test("inside another archive is not opened", async () => {
    const inner = makeZip({ "a.xml": " ".repeat(10 * mebibyte) });
    const { signal } = new AbortController();
    const extractor = openTextExtractor();
    open.push(extractor);
    await expect(
      extractor.extract(toSource("a.docx", makeZip({ "b.zip": inner })), signal),
    ).rejects.toMatchObject({
      code: "unsupported_file",
    });
  });
});

describe("XML and HTML", () => {
  test("entities that unfold to a billion are not unfolded", async () => {
    const levels = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`);
    const prolog = `<!DOCTYPE w [<!ENTITY l0 "lol">${levels.join("")}]>`;
    const docx = makeDocx(wordParagraph("&l9;"), "", prolog);
    const extractor = openTextExtractor({ maxTextChars: 1000 });
    open.push(extractor);
    const text = await extractor.extract(toSource("a.docx", docx), new AbortController().signal);
    expect(text).toBe("&l9;");
  });

  test.each([
    ["HTML", `<html>${"<div>".repeat(1_000_000)}deep`],
    ["DOCX", makeDocx("<w:p>".repeat(1_000_000))],
  ])("%s that is nested too deeply is refused", async (_, content) => {
    await expectHarmless(content, {}, /nests elements more than/);
  });

  test("HTML that opens more than it says stays within its memory", async () => {
    const html = `<html>${'<a b="'.repeat(2_000_000)}`;
    await expectHarmless(html, { memoryBytes: 256 * mebibyte }, /no text|memory/);
  });
});

describe("PDF", () => {
  test("with ten thousand pages is stopped when its time is over", async () => {
    const pdf = makePdf(Array.from({ length: 10_000 }, (_, page) => `page ${page}`));
    await expectHarmless(pdf, { timeoutMs: 1000 }, /longer than 1 s /);
  });

  test("with a page tree that goes in circles is refused", async () => {
    await expectHarmless(makePdf(["a", "b"], { loop: true }), { timeoutMs: 10_000 }, /broken/);
  });

  test("that says it has a billion pages is read for those it has", async () => {
    const pdf = Buffer.from(makePdf(["one"]))
      .toString("latin1")
      .replace("/Count 1 ", "/Count 1000000000 ");
    const extractor = openTextExtractor();
    open.push(extractor);
    const source = toSource("a.pdf", Buffer.from(pdf, "latin1"));
    expect(await extractor.extract(source, new AbortController().signal)).toBe("one");
  });
});

describe("size", () => {
  test("text of one line of 50 MB is read when it may be, with this process's event loop free", async () => {
    const extractor = openTextExtractor({ maxTextChars: 60_000_000 });
    open.push(extractor);
    const csv = Buffer.alloc(50_000_000, "abc,é12,");
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const text = await extractor.extract(toSource("a.csv", csv), new AbortController().signal);
    clearInterval(ticking);
    expect(text).toHaveLength(csv.toString().length);
    expect(turns).toBeGreaterThan(20);
  });

  test("more text than one file may have is refused", async () => {
    await expectHarmless("x".repeat(2000), { maxTextChars: 1999 }, /more than 1999 characters/);
    const docx = makeDocx(wordParagraph("x".repeat(100)).repeat(50));
    await expectHarmless(docx, { maxTextChars: 1999 }, /more than 1999 characters/);
  });

  test("a file that is too large is refused before it is opened", async () => {
    const extractor = openTextExtractor({ maxInputBytes: mebibyte });
    const source = { ...toSource("a.txt", ""), bytes: mebibyte + 1 };
    await expect(extractor.extract(source, new AbortController().signal)).rejects.toMatchObject({
      code: "invalid_file",
      message: expect.stringMatching(/1048577 bytes.*1 MiB/),
    });
  });

  test("a file that takes too much memory is stopped", async () => {
    const html = `<html>${"é<p>a ".repeat(8_000_000)}`;
    await expectHarmless(
      html,
      { memoryBytes: 128 * mebibyte, maxTextChars: 1_000_000_000 },
      /more than 128 MiB of memory/,
    );
  });
});

test("a hostile file does not disturb those that are read beside it", async () => {
  const extractor = openTextExtractor({ processes: 2, timeoutMs: 1500 });
  open.push(extractor);
  const { signal } = new AbortController();
  const pdf = makePdf(Array.from({ length: 10_000 }, () => "page"));
  const hostile = extractor.extract(toSource("a.pdf", pdf), signal);
  const refused = expect(hostile).rejects.toMatchObject({ code: "invalid_file" });
  const texts = Array.from({ length: 30 }, (_, n) =>
    extractor.extract(toSource("a.txt", `text ${n}`), signal),
  );
  expect(await Promise.all(texts)).toEqual(Array.from({ length: 30 }, (_, n) => `text ${n}`));
  await refused;
});
