import { ToolInputError } from "./server-tool.ts";

/**
 * The arguments of a call as an object, an empty one where the model wrote nothing: some do so for a tool without
 * parameters.
 *
 * @param expected what the model is told with the fault: `Expected {"query": "…"}.`
 * @throws ToolInputError for anything but an object in JSON
 */
export function readArguments(args: string, expected?: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = args.trim() === "" ? {} : JSON.parse(args);
  } catch {
    throw fault("The arguments are not valid JSON.", expected);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw fault("The arguments have to be a JSON object.", expected);
  return value as Record<string, unknown>;
}

/**
 * The queries of a call, each once: the first `most` of them, cut to `chars` characters. Small models write `query` for
 * `queries`, or one string for a list. Throws a {@link ToolInputError} where there is none.
 */
export function readQueries(args: string, { most, chars }: { most: number; chars: number }): string[] {
  const expected = 'Expected {"queries": ["…"]}.';
  const { queries, query } = readArguments(args, expected);
  const given = queries ?? query;
  const texts = (Array.isArray(given) ? given : [given])
    .filter((text): text is string => typeof text === "string" && text.trim() !== "")
    .map((text) => text.replace(/\s+/g, " ").trim().slice(0, chars).toWellFormed());
  if (texts.length === 0) throw fault("There is no query.", expected);
  return [...new Set(texts)].slice(0, most);
}

function fault(what: string, expected: string | undefined): ToolInputError {
  return new ToolInputError(expected === undefined ? what : `${what} ${expected}`);
}
