const maxPathChars = 512;
const maxNameBytes = 255;

/** Whether this is a relative path that leads nowhere else: without `..`, control characters and empty parts. */
export function isSafePath(path: unknown): path is string {
  if (typeof path !== "string" || path.length > maxPathChars || !path.isWellFormed()) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return false;
  return path
    .split("/")
    .every((name) => name !== "" && name !== "." && name !== ".." && Buffer.byteLength(name) <= maxNameBytes);
}
