import { unprocessable } from "@gateway/protocol";

const longest = 512;

/**
 * The name of a file as it is kept and shown: what comes after the last slash or backslash, since some clients
 * send the whole path; `unnamed` where that leaves nothing. It is a label and is never used as a path.
 *
 * @param param the field that the name came with, for the 422 on control characters and on names of more than
 * 512 characters
 */
export function toFilename(name: string | undefined, param: string): string {
  const base = (name ?? "").toWellFormed().split(/[/\\]/).at(-1)?.trim() ?? "";
  if (base === "" || base === "." || base === "..") return "unnamed";
  if (/\p{Cc}/u.test(base)) {
    throw unprocessable(`Invalid name of '${param}': it must not hold control characters.`, {
      param,
      code: "invalid_value",
    });
  }
  if (base.length > longest) {
    throw unprocessable(`Invalid name of '${param}': expected at most ${longest} characters.`, {
      param,
      code: "string_above_max_length",
    });
  }
  return base;
}
