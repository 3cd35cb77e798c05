/** What was sent to a server that it must not be quoted with. */
export interface Sent {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** What else of it is secret. */
  secrets?: readonly string[] | undefined;
}

/** Shorter values are no keys, and stand in many texts. */
const shortestKey = 6;
/** Headers whose values everybody sends, and which stand in many texts. */
const commonHeaders = /^(?:accept(?:-[a-z]+)?|content-type|user-agent)$/i;
/** A word of a language, whatever stands behind it. */
const plainWord = /^[a-z]+[.,;:!?]?$/i;

/**
 * A text of a server, or an error about it, without what the server was sent in headers and query: some repeat what they
 * were asked with, as it is, as it stands in an address, or in JSON.
 */
export function withoutSent(text: string, sent: Sent): string {
  return new SentKeys(sent).removeFrom(text);
}

/** What a server was sent that may be a key, in all the ways in which it is written. */
export class SentKeys {
  /** The longest first: it may hold a shorter one. */
  readonly #keys: readonly string[];

  constructor({ url, headers, secrets = [] }: Sent) {
    const { search, searchParams } = URL.parse(url) ?? { search: "", searchParams: new URLSearchParams() };
    const sent = [
      ...Object.entries(headers).flatMap(([name, value]) => keysOf(name, value)),
      search.slice(1),
      ...searchParams.values(),
      ...secrets,
    ];
    const keys = new Set(sent.filter(({ length }) => length >= shortestKey).flatMap(formsOf));
    this.#keys = [...keys].toSorted((a, b) => b.length - a.length);
  }

  /** The text with a mark for each key. */
  removeFrom(text: string): string {
    return this.#keys.reduce((rest, key) => rest.replaceAll(key, "[removed]"), text);
  }

  /**
   * The last place up to `at` where the text can be cut without leaving a part of a key, which nobody would know for one
   * any more.
   */
  edgeBefore(text: string, at: number): number {
    let edge = Math.min(at, text.length);
    for (;;) {
      const starts = this.#keys.flatMap((key) => {
        const from = Math.max(0, edge - key.length + 1);
        const found = text.slice(from, edge + key.length - 1).indexOf(key);
        return found < 0 ? [] : [from + found];
      });
      const first = Math.min(edge, ...starts);
      if (first === edge) return edge;
      edge = first;
    }
  }
}

/** What of a header may be a key: its value, the credentials in it, and what a server may make of these. */
function keysOf(name: string, value: string): string[] {
  if (commonHeaders.test(name)) return [];
  const words = value.split(" ");
  const credentials = words.length === 2 ? words.slice(1) : [];
  const basic = /^basic (\S+)$/i.exec(value)?.[1];
  const decoded = basic === undefined ? "" : Buffer.from(basic, "base64").toString();
  const cookies = name.toLowerCase() === "cookie" ? value.split(/;\s*/) : [];
  return [
    value,
    ...credentials,
    ...words.filter((word) => !plainWord.test(word)),
    decoded,
    decoded.slice(decoded.indexOf(":") + 1),
    ...cookies.map((cookie) => cookie.slice(cookie.indexOf("=") + 1)),
  ];
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
