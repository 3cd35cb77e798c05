import { readArguments } from "../tools/read-arguments.ts";
import { ToolInputError } from "../tools/server-tool.ts";

const maxPatternChars = 400;

/** The address of a page, in its usual form. */
export function readUrl(args: string): string {
  const expected = 'Expected {"url": "https://…"}.';
  return toUrl(readArguments(args, expected).url, expected);
}

/** The address of a page and what is looked for in it. */
export function readFind(args: string): { url: string; pattern: string } {
  const expected = 'Expected {"url": "https://…", "pattern": "…"}.';
  const { url, pattern } = readArguments(args, expected);
  if (typeof pattern !== "string" || pattern.trim() === "")
    throw new ToolInputError(`There is no pattern. ${expected}`);
  return { url: toUrl(url, expected), pattern: pattern.trim().slice(0, maxPatternChars).toWellFormed() };
}

function toUrl(given: unknown, expected: string): string {
  if (typeof given !== "string") throw new ToolInputError(`There is no url. ${expected}`);
  const text = given.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ToolInputError(`The url is not one of http or https. ${expected}`);
  return url.href;
}
