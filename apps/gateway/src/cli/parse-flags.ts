import { type ParseArgsConfig, parseArgs } from "node:util";
import { suggest } from "../config/suggest.ts";
import { UsageError } from "./command.ts";

/** The flags of a command: those with a value are "string". */
export type FlagTypes = Record<string, { type: "string" | "boolean"; short?: string }>;

/** What was given: values by flag name, and what is no flag. */
export interface ParsedFlags<T extends FlagTypes> {
  flags: { [Name in keyof T]?: T[Name]["type"] extends "boolean" ? boolean : string };
  positionals: string[];
}

/** The flags that change the configuration, the same for every command that reads it. */
export const configFlags = {
  config: { type: "string" },
  "http-listen": { type: "string" },
  "extproc-listen": { type: "string" },
  port: { type: "string" },
  "log-level": { type: "string" },
} as const satisfies FlagTypes;

/**
 * Reads a command's arguments. A long flag with one dash (`-config`, `-addr=:10000`) is read like one with two.
 *
 * @param maxPositionals how many arguments that are no flags the command takes
 * @throws UsageError for an unknown flag (with a suggestion), a flag without its value, an argument too many
 */
export function parseFlags<T extends FlagTypes>(
  args: readonly string[],
  types: T,
  maxPositionals = 0,
): ParsedFlags<T> {
  const tokens = args.map((arg) => (/^-[A-Za-z][\w-]/.test(arg) ? `-${arg}` : arg));
  refuseUnknown(tokens, types);
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: tokens,
      options: types as ParseArgsConfig["options"] & object,
      allowPositionals: true,
    });
  } catch (error) {
    // The first sentence says what is wrong; the rest explains the shell to programmers of parseArgs.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0]);
  }
  const extra = parsed.positionals[maxPositionals];
  if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}"`);
  return { flags: parsed.values as ParsedFlags<T>["flags"], positionals: parsed.positionals };
}

function refuseUnknown(tokens: readonly string[], types: FlagTypes): void {
  const known = Object.keys(types);
  for (const token of tokens) {
    if (token === "--") return;
    const name = /^--([^=]+)/.exec(token)?.[1];
    if (name === undefined || known.includes(name)) continue;
    const meant = suggest(name, known);
    throw new UsageError(`Unknown flag --${name}${meant ? `; did you mean --${meant}?` : ""}`);
  }
}
