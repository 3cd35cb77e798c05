import { getDocumentProxy } from "unpdf";
import { broken, encrypted, Refusal } from "./refusal.ts";
import type { TextWriter } from "./text-writer.ts";

/** What pdf.js is told: nothing drawn, nothing fetched, nothing evaluated, and no word on the console. */
const settings = {
  verbosity: 0,
  disableFontFace: true,
  useSystemFonts: false,
  useWorkerFetch: false,
  useWasm: false,
  isOffscreenCanvasSupported: false,
  isImageDecoderSupported: false,
  isEvalSupported: false,
  disableAutoFetch: true,
  stopAtErrors: false,
};

/**
 * Writes the text of a PDF, page by page with an empty line between two. Text in pictures is not read.
 *
 * @throws Refusal `invalid_file` when it is broken or encrypted, or has pages but no text at all.
 */
export async function writePdfText(bytes: Uint8Array, out: TextWriter): Promise<void> {
  const pdf = await getDocumentProxy(bytes, settings).catch((cause: Error) => {
    throw cause.name === "PasswordException" ? encrypted() : broken("PDF", cause);
  });
  let hasText = false;
  for (let number = 1; number <= pdf.numPages; number++) {
    const items = await readPage(pdf, number);
    out.breakLine(2);
    for (const { text, endsLine } of items) {
      if (text.trim() === "") {
        if (text !== "") out.space();
      } else {
        hasText = true;
        out.write(text);
      }
      if (endsLine) out.breakLine();
    }
  }
  await pdf.loadingTask.destroy();
  if (!hasText) {
    throw new Refusal(
      "invalid_file",
      "The PDF has no text: its pages are empty or pictures, such as a scan. Run text recognition (OCR) on it and " +
        "upload the result.",
    );
  }
}

async function readPage(
  pdf: Awaited<ReturnType<typeof getDocumentProxy>>,
  number: number,
): Promise<{ text: string; endsLine: boolean }[]> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    // The other kind of item marks where tagged content begins and ends.
    return items.flatMap((item) => ("str" in item ? [{ text: item.str, endsLine: item.hasEOL }] : []));
  } catch (cause) {
    throw new Refusal("invalid_file", `The file is broken: page ${number} of the PDF cannot be read.`, {
      cause,
    });
  }
}
