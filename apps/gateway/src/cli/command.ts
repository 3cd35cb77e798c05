import type { Environment } from "../config/substitute.ts";

/** Exit codes of every command; 78 is EX_CONFIG of sysexits.h. */
export const exitCode = { ok: 0, failure: 1, usage: 2, config: 78 } as const;

/** What a command sees of the process around it. */
export interface Surroundings {
  env: Environment;
  /** The working directory. */
  cwd: string;
  /** Writes a result, to standard output. */
  print(text: string): void;
  /** Writes what is said about the work, to standard error. */
  say(text: string): void;
}

/** One command of the program. Resolves to its exit code; errors it cannot put better are thrown. */
export type Command = (args: readonly string[], around: Surroundings) => Promise<number>;

/** The command line cannot be understood. The message says what was wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
