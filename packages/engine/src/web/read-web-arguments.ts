import { ToolInputError } from "../tools/server-tool.ts";

const maxQueries = 4;
/** Characters of one query; search engines take no more. */
const maxQueryChars = 400;
const maxPatternChars = 400;

/** The queries of a call. Small models write `query` for `queries`, or one string for a list. */
export function readQueries(args: string): string[] {
  const expected = 'Expected {"queries": ["…"]}.';
  const { queries, query } = readObject(args, expected);
  const given = queries ?? query;
  const texts = (Array.isArray(given) ? given : [given])
    .filter((text): text is string => typeof text === "string" && text.trim() !== "")
    .map((text) => text.replace(/\s+/g, " ").trim().slice(0, maxQueryChars).toWellFormed());
  if (texts.length === 0) throw new ToolInputError(`There is no query. ${expected}`);
  return [...new Set(texts)].slice(0, maxQueries);
}

/** The address of a page, in its usual form. */
export function readUrl(args: string): string {
  const expected = 'Expected {"url": "https://…"}.';
  return toUrl(readObject(args, expected).url, expected);
}

/** The address of a page and what is looked for in it. */
export function readFind(args: string): { url: string; pattern: string } {
  const expected = 'Expected {"url": "https://…", "pattern": "…"}.';
  const { url, pattern } = readObject(args, expected);
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

function readObject(args: string, expected: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(args);
  } catch {
    throw new ToolInputError(`The arguments are not valid JSON. ${expected}`);
  }
  return (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
}
