/** What was sent to a server that it must not be quoted with. */
export interface Sent {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** What else of it is secret. */
  secrets?: readonly string[] | undefined;
}

/** Shorter values are no keys, and stand in many texts. */
const shortestKey = 6;

/**
 * A text of a server, or an error about it, without what the server was sent in headers and query: some repeat in their
 * errors what they were asked with, as it is, as it stands in an address, or in JSON.
 */
export function withoutSent(text: string, { url, headers, secrets = [] }: Sent): string {
  const { search, searchParams } = URL.parse(url) ?? { search: "", searchParams: new URLSearchParams() };
  const sent = [
    ...Object.values(headers).flatMap((value) => [value, ...value.split(" ")]),
    search.slice(1),
    ...searchParams.values(),
    ...secrets,
  ];
  const keys = new Set(sent.filter(({ length }) => length >= shortestKey).flatMap(formsOf));
  // The longest first: it may hold a shorter one.
  return [...keys]
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, key) => rest.replaceAll(key, "[removed]"), text);
}

/** The ways in which a value is written. */
function formsOf(value: string): string[] {
  const uri = encodeURIComponent(value.toWellFormed());
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  return [
    value,
    ...[uri, form].flatMap((encoded) => [
      encoded,
      encoded.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    ]),
    json,
    json.replaceAll("/", "\\/"),
  ];
}
