import { isIPv6 } from "node:net";
import * as z from "zod";

/** Where a listener binds. A host of `0.0.0.0` or `::` means all interfaces; port 0 means any free port. */
export interface Address {
  host: string;
  port: number;
}

type Context = { issues: unknown[] };

/** Reports what was expected from inside a codec; zod adds the path. */
function expected(context: Context, input: unknown, what: string): never {
  context.issues.push({ code: "custom", input, message: `expected ${what}, got ${JSON.stringify(input)}` });
  return z.NEVER as never;
}

const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time: a number and a unit ("300ms", "10s", "1d") in the file, milliseconds in the program. */
export function duration() {
  const what = 'a duration such as "300ms", "10s", "5m", "2h" or "1d"';
  return z.codec(z.union([z.string(), z.number()], { error: `expected ${what}` }), z.number(), {
    decode(input, context) {
      const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(input).trim());
      if (!match) return expected(context, input, what);
      return Math.round(Number(match[1]) * millisecondsPer[match[2] as keyof typeof millisecondsPer]);
    },
    encode: renderDuration,
  });
}

/** Milliseconds as the shortest exact duration: 90000 is "90s", 60000 is "1m". */
export function renderDuration(milliseconds: number): string {
  const units = Object.entries(millisecondsPer).reverse();
  const [unit, size] = units.find(([, size]) => milliseconds >= size && milliseconds % size === 0) ?? [
    "ms",
    1,
  ];
  return milliseconds === 0 ? "0s" : `${milliseconds / size}${unit}`;
}

const bytesPer: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** A number of bytes: a number with or without a unit ("32MiB", "500KB", 1024). */
export function size() {
  const what = 'a size such as "32MiB", "500KB" or a number of bytes';
  return z.codec(z.union([z.string(), z.number()], { error: `expected ${what}` }), z.number(), {
    decode(input, context) {
      const match = /^(\d+(?:\.\d+)?) ?([kmg]i?b|b)?$/i.exec(String(input).trim());
      const bytes = match ? Number(match[1]) * (bytesPer[(match[2] ?? "b").toLowerCase()] ?? 1) : Number.NaN;
      return Number.isInteger(bytes) ? bytes : expected(context, input, what);
    },
    encode: renderSize,
  });
}

/** Bytes as the shortest exact size in binary units. */
export function renderSize(bytes: number): string | number {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = bytesPer[unit.toLowerCase()] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes;
}

/**
 * A whole number from `min` to `max`. Text is read as a number too, since what an environment variable or
 * `${NAME}` brings is always text.
 */
export function integer(min: number, max: number) {
  const what = `a whole number from ${min} to ${max}`;
  return z.codec(z.union([z.number(), z.string()], { error: `expected ${what}` }), z.number(), {
    decode(input, context) {
      const value = typeof input === "number" ? input : /^\d+$/.test(input) ? Number(input) : Number.NaN;
      return Number.isInteger(value) && value >= min && value <= max ? value : expected(context, input, what);
    },
    encode: (value) => value,
  });
}

/** A number of at least 0, as text too. */
export function amount() {
  const what = "a number of at least 0";
  return z.codec(z.union([z.number(), z.string()], { error: `expected ${what}` }), z.number(), {
    decode(input, context) {
      const value =
        typeof input === "number" ? input : /^\d+(\.\d+)?$/.test(input) ? Number(input) : Number.NaN;
      return Number.isFinite(value) && value >= 0 ? value : expected(context, input, what);
    },
    encode: (value) => value,
  });
}

/** true or false, as text too. */
export function toggle() {
  return z.codec(z.union([z.boolean(), z.string()], { error: "expected true or false" }), z.boolean(), {
    decode(input, context) {
      if (input === true || input === "true" || input === "1") return true;
      if (input === false || input === "false" || input === "0") return false;
      return expected(context, input, "true or false");
    },
    encode: (value) => value,
  });
}

/** An address to listen on: "127.0.0.1:8080", "[::1]:8080", or ":8080" for all IPv4 interfaces. */
export function listenAddress() {
  const what = 'an address such as "127.0.0.1:8080", "[::1]:8080" or ":8080" (all interfaces)';
  return z.codec(z.string({ error: `expected ${what}` }), z.object({ host: z.string(), port: z.number() }), {
    decode: (input, context) => parseAddress(input) ?? expected(context, input, what),
    encode: renderAddress,
  });
}

/** Reads "host:port"; undefined when the text is none. An empty host is `0.0.0.0`. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] || "0.0.0.0"), port };
}

/** "host:port", with brackets around an IPv6 host. */
export function renderAddress({ host, port }: Address): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The base URL of a server, without a slash at its end. What is wrong is not quoted: a URL may hold a password. */
export function baseUrl() {
  const what = 'a URL such as "http://127.0.0.1:11434/v1"';
  return z.codec(z.string({ error: `expected ${what}` }), z.string(), {
    decode(input, context) {
      const url = URL.parse(input.trim());
      if (url && /^https?:$/.test(url.protocol) && !url.search && !url.hash)
        return input.trim().replace(/\/+$/, "");
      context.issues.push({ code: "custom", input, message: `expected ${what}` });
      return z.NEVER;
    },
    encode: (value) => value,
  });
}

/** A text that is not empty, and what it is. */
export function name(what: string) {
  return z.string({ error: `expected ${what}` }).min(1);
}
