import type { FilePurpose } from "@gateway/protocol";

/** Types that no browser runs as a page or script of this origin. */
const typeByEnding: Readonly<Record<string, string>> = {
  txt: "text/plain",
  md: "text/plain",
  log: "text/plain",
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  jsonl: "application/jsonl",
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  zip: "application/zip",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  mp3: "audio/mpeg",
  wav: "audio/wav",
};

/** What files for these purposes must be, whatever they are called. */
const typeByPurpose: Partial<Record<FilePurpose, string>> = {
  batch: "application/jsonl",
  "fine-tune": "application/jsonl",
};

/**
 * The media type that a file's content is sent as. Only types that are harmless in a browser are named; HTML, SVG,
 * XML, scripts and all that is not known are plain bytes, whatever the sender called them.
 */
export function contentTypeOf(filename: string, purpose: FilePurpose): string {
  const ending = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase() ?? "";
  const known = Object.hasOwn(typeByEnding, ending) ? typeByEnding[ending] : undefined;
  return known ?? (ending === "" ? typeByPurpose[purpose] : undefined) ?? "application/octet-stream";
}
