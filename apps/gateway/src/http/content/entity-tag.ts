/** The strong validator of content with this hash (RFC 9110, section 8.8.3). */
export function toEntityTag(hash: string): string {
  return `"${hash}"`;
}

/** Whether an If-None-Match header names the tag, or any; weak tags of the same value do as well. */
export function matchesAny(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((sent) => sent.trim().replace(/^W\//, "") === tag);
}
