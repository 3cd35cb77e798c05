/**
 * The header that makes a browser save content under a name instead of showing it (RFC 6266): the name in ASCII for
 * old clients, and as it is (RFC 8187) where that says more.
 */
export function renderAttachment(filename: string): string {
  // A percent sign may be decoded, quotes and backslashes end or escape: none of them comes through everywhere.
  const ascii = filename.replace(/[^\x20-\x7e]|["%\\]/gu, "_");
  if (ascii === filename) return `attachment; filename="${ascii}"`;
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
