/** Endings that tell a file's reader what a media type says. */
const endings: Readonly<Record<string, string>> = {
  "text/html": ".html",
  "application/xhtml+xml": ".html",
  "text/markdown": ".md",
  "text/csv": ".csv",
  "text/plain": ".txt",
  "application/json": ".json",
  "application/xml": ".xml",
  "application/pdf": ".pdf",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
};

/** Types that say nothing: the content may be anything. */
const vague: ReadonlySet<string> = new Set(["", "application/octet-stream", "binary/octet-stream"]);

/** True for media types that may have text in them. */
export function mayHaveText(type: string): boolean {
  if (vague.has(type) || type.startsWith("text/") || type in endings) return true;
  if (/^application\/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|javascript|x-ndjson|toml|sql|rtf)$/.test(type))
    return true;
  return /^application\/vnd\.(?:oasis\.opendocument|openxmlformats-officedocument|ms-)/.test(type);
}

/** True for media types of pictures, and for those that say nothing. */
export function mayBePicture(type: string): boolean {
  return vague.has(type) || type.startsWith("image/");
}

/** True for web pages. */
export function isHtmlType(type: string): boolean {
  return type === "text/html" || type === "application/xhtml+xml";
}

/** A file's name, with an ending that says what the media type says where its own does not. */
export function withEnding(filename: string, type: string): string {
  const ending = endings[type];
  const name = filename === "" ? "download" : filename;
  if (ending === undefined || name.toLowerCase().endsWith(ending)) return name;
  // `page.php` that is HTML; `notes.md` that is served as plain text keeps its own.
  return type === "text/plain" && /\.\w{1,8}$/.test(name) ? name : name + ending;
}
