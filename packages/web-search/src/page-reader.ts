import { ExtractionError, type TextExtractor, WebError, type WebPage } from "@gateway/engine";
import { type Download, DownloadError, type DownloadSettings, download } from "./download.ts";
import { toPlainText } from "./provider.ts";
import { isHtmlType, mayHaveText, withEnding } from "./readable-types.ts";

const accept = "text/html,application/xhtml+xml,text/*;q=0.9,application/pdf;q=0.9,*/*;q=0.5";

/** What pages are read with. */
export interface PageReading extends Pick<DownloadSettings, "guard" | "timeout"> {
  extractor: Pick<TextExtractor, "extract">;
}

/**
 * The text of a page: HTML, text, PDF and whatever else the extractor reads. Throws a {@link WebError}, or the signal's
 * reason when it is aborted.
 */
export async function readPage(
  address: string,
  { extractor, ...settings }: PageReading,
  signal: AbortSignal,
): Promise<WebPage> {
  let page: Download;
  try {
    page = await download(address, { ...settings, accept, wants: mayHaveText }, signal);
  } catch (thrown) {
    throw thrown instanceof DownloadError ? toWebError(thrown) : thrown;
  }
  const content = isHtmlType(page.type) || page.type.startsWith("text/") ? toUtf8(page) : page.content;
  const text = await extract(content, page, extractor, signal);
  const title = isHtmlType(page.type) ? titleOf(content) : "";
  return { url: page.url, title: title || page.filename || page.url, text };
}

async function extract(
  content: Buffer,
  { filename, type }: Download,
  extractor: PageReading["extractor"],
  signal: AbortSignal,
): Promise<string> {
  try {
    return await extractor.extract(
      {
        filename: withEnding(filename, type),
        bytes: content.byteLength,
        open: async () => ReadableStream.from([content]),
      },
      signal,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ExtractionError)
      throw new WebError("unreadable", thrown.message, { cause: thrown });
    throw new WebError("unavailable", "The page could not be read.", { cause: thrown });
  }
}

/** What a server says of the encoding counts more than the page; the extractor sees the page alone. */
function toUtf8({ content, charset }: Download): Buffer {
  if (charset === undefined || /^utf-?8$/i.test(charset)) return content;
  try {
    return Buffer.from(new TextDecoder(charset).decode(content));
  } catch {
    return content;
  }
}

function titleOf(html: Buffer): string {
  const head = html.toString("utf8", 0, 65_536);
  return toPlainText(/<title[^>]{0,200}>([^<]{0,1000})/i.exec(head)?.[1] ?? "").slice(0, 300);
}

function toWebError(error: DownloadError): WebError {
  const { reason, message, status } = error;
  const why = {
    refused: "refused",
    failed: "unavailable",
    too_large: "unreadable",
    type: "unreadable",
  } as const;
  const gone = status !== undefined && status >= 400 && status < 500;
  return new WebError(gone ? "not_found" : why[reason], message, { cause: error.cause ?? error });
}
