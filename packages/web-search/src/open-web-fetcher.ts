import type { WebFetcher } from "@gateway/engine";
import { type ApiError, unprocessable } from "@gateway/protocol";
import { openWebGuard, type WebGuardOptions } from "@gateway/web-guard";
import { type Download, DownloadError, type DownloadSettings, download } from "./download.ts";
import { mayBePicture, mayHaveText, withEnding } from "./readable-types.ts";

/** Settings of {@link openWebFetcher}. */
export interface WebFetcherOptions {
  /** Which models' servers are given pictures instead of their URLs. */
  images: WebFetcher["images"];
  /** Milliseconds until all of a file must be there. */
  timeout: number;
  /** Longest file, in bytes. */
  maxBytes: number;
  guard: Pick<WebGuardOptions, "allowPrivate" | "allows" | "resolve">;
}

/** Opens what fetches the files and pictures that requests refer to by URL. */
export function openWebFetcher({
  images,
  timeout,
  maxBytes,
  guard: rule,
}: WebFetcherOptions): WebFetcher & { close(): Promise<void> } {
  const guard = openWebGuard({ ...rule, maxBytes, headersTimeout: timeout, bodyTimeout: timeout });
  const get = async (
    url: string,
    what: Pick<DownloadSettings, "accept" | "wants"> & { codes: Codes },
    signal: AbortSignal,
  ): Promise<Download> => {
    try {
      return await download(url, { guard, timeout, ...what }, signal);
    } catch (thrown) {
      throw thrown instanceof DownloadError ? toApiError(thrown, what.codes) : thrown;
    }
  };
  return {
    images,
    async fetchImage(url, signal) {
      const what = { accept: "image/*", wants: mayBePicture, codes: imageCodes };
      const { content } = await get(url, what, signal);
      if (content.byteLength === 0)
        throw unprocessable("There is nothing at the picture's URL.", { code: "empty_image_file" });
      return content;
    },
    async fetchFile(url, signal) {
      const what = { accept: "*/*", wants: mayHaveText, codes: fileCodes };
      const { content, filename, type } = await get(url, what, signal);
      return { filename: withEnding(filename, type), content };
    },
    close: () => guard.close(),
  };
}

/** The API's codes, by what went wrong; it has none for files, so they are named alike. */
type Codes = Record<DownloadError["reason"], string>;

const imageCodes: Codes = {
  refused: "invalid_image_url",
  failed: "failed_to_download_image",
  too_large: "image_file_too_large",
  type: "unsupported_image_media_type",
};

const fileCodes: Codes = {
  refused: "invalid_file_url",
  failed: "failed_to_download_file",
  too_large: "file_too_large",
  type: "unsupported_file",
};

function toApiError({ reason, message, cause }: DownloadError, codes: Codes): ApiError {
  return unprocessable(message, { code: codes[reason], cause });
}
