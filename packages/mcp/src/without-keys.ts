import type { McpServer } from "@gateway/engine";

/** Shorter values of headers are no keys, and stand in many texts. */
const shortestKey = 6;

/**
 * A text of a server without what it was sent in headers and query: some repeat in their errors what they were asked
 * with.
 */
export function withoutKeys(text: string, { url, headers }: McpServer): string {
  const sent = [
    ...Object.values(headers).flatMap((value) => [value, ...value.split(" ")]),
    new URL(url).search.slice(1),
  ];
  const keys = [...sent, ...new URL(url).searchParams.values()].filter(({ length }) => length >= shortestKey);
  // The longest first: it may hold a shorter one.
  return keys
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, key) => rest.replaceAll(key, "[removed]"), text);
}
