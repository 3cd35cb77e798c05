/** A header's value and its parameters: `form-data; name="file"`. */
export interface HeaderWithParams {
  /** In lower case. */
  value: string;
  /** By name in lower case; a parameter `x*` (RFC 8187) stands under `x`, instead of a plain one. */
  params: ReadonlyMap<string, string>;
}

const param = /\s*;\s*([!#$%&'+.^_`|~0-9A-Za-z-]+)(\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/sy;

/**
 * Reads a header of the form of Content-Type and Content-Disposition (RFC 9110, section 5.6.6; RFC 7578, section 4.2)
 * whose text stands for bytes, one a character. Values in UTF-8 are decoded, others read as ISO 8859-1. Undefined
 * where it has not this form or names a parameter twice.
 */
export function parseHeaderWithParams(text: string): HeaderWithParams | undefined {
  const end = text.indexOf(";");
  const value = (end === -1 ? text : text.slice(0, end)).trim().toLowerCase();
  const params = new Map<string, string>();
  const extended = new Map<string, string>();
  param.lastIndex = value === "" || end === -1 ? text.length : end;
  while (param.lastIndex < text.length) {
    const from = param.lastIndex;
    const match = param.exec(text);
    if (!match) {
      if (/^[\s;]*$/.test(text.slice(from))) break;
      return undefined;
    }
    const [, name = "", star, quoted, bare = ""] = match;
    const key = name.toLowerCase();
    const into = star === "*" ? extended : params;
    if (into.has(key)) return undefined;
    // Only what has to be escaped is: some clients send the path of a file, backslashes and all.
    const raw = quoted === undefined ? bare : quoted.replace(/\\(["\\])/g, "$1");
    const decoded = star === "*" ? decodeExtended(raw) : decodeBytes(raw);
    if (decoded !== undefined) into.set(key, decoded);
  }
  return value === "" ? undefined : { value, params: new Map([...params, ...extended]) };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeBytes(text: string): string {
  try {
    return utf8.decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** `UTF-8''na%C3%AFve.txt`; undefined for what is not this, so that the plain value counts. */
function decodeExtended(text: string): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
