import pino from "pino";
import { openLineSink } from "./line-sink.ts";

/** Writes structured lines: `log.info({ model }, "processing request")`. `child` binds fields, such as a request id. */
export type Logger = pino.Logger;

/** Settings of {@link createLogger}. */
export interface LoggerOptions {
  /** Least severe level that is written. */
  level: "debug" | "info" | "warn" | "error";
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  format: "auto" | "json" | "pretty";
  /** Read for NO_COLOR and FORCE_COLOR (no-color.org, force-color.org). */
  env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  terminal: boolean;
  /** Gets the lines instead of standard output; for tests. */
  destination?: pino.DestinationStream;
}

/** Field names that hold secrets wherever they appear: at the top of a line, or among headers. */
const secretNames = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "api_key",
  "apiKey",
  "key",
  "password",
];

/**
 * Opens the process's log: one JSON object a line with `level` (a word), `time` (ISO 8601, UTC), the fields and
 * `msg`, on standard output ({@link openLineSink}). Redaction is a net below the rule that neither keys nor bodies are logged at
 * all; it looks at fixed places, as patterns for any depth cost five times the line itself.
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { level, format, terminal } = options;
  const out = options.destination ?? openLineSink();
  const pretty = format === "pretty" || (format === "auto" && terminal);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: toLogError },
      redact: secretNames.flatMap((name) => [`["${name}"]`, `headers["${name}"]`]),
    },
    pretty ? await prettyStream(options, out) : out,
  );
}

/** Renders lines for people before they go on. In this thread: a worker's lines would be lost at the end. */
async function prettyStream(
  { env, terminal }: LoggerOptions,
  out: pino.DestinationStream,
): Promise<pino.DestinationStream> {
  // By way of `default`: a bundler cannot tell the names that a CommonJS module exports.
  const {
    default: { prettyFactory },
  } = await import("pino-pretty");
  const { NO_COLOR, FORCE_COLOR } = env;
  const forced = FORCE_COLOR ? FORCE_COLOR !== "0" && FORCE_COLOR !== "false" : undefined;
  const render = prettyFactory({
    colorize: NO_COLOR ? false : (forced ?? terminal),
    translateTime: "HH:MM:ss.l",
    singleLine: true,
  });
  return { write: (line) => out.write(render(line)) };
}

/** An error as it stands in the log. */
export interface LogError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: LogError;
}

/**
 * What the log keeps of anything thrown: its kind, message, code, stack and causes. Other fields are left out,
 * since some clients hang requests, headers and bodies on their errors.
 */
export function toLogError(thrown: unknown, depth = 0): LogError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(thrown.stack !== undefined && depth === 0 ? { stack: thrown.stack } : {}),
    ...(thrown.cause !== undefined && depth < 4 ? { cause: toLogError(thrown.cause, depth + 1) } : {}),
  };
}
