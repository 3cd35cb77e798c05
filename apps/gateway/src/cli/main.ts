import { ConfigError } from "../config/config-error.ts";
import { suggest } from "../config/suggest.ts";
import { type Command, exitCode, type Surroundings, UsageError } from "./command.ts";
import { describeOperatorError } from "./operator-error.ts";

/** Every command, loaded when it is called: what `version` does not need it does not wait for. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import("./serve-command.ts")).serve,
  config: async () => (await import("./config-command.ts")).config,
  healthcheck: async () => (await import("./healthcheck-command.ts")).healthcheck,
  db: async () => (await import("./db-command.ts")).db,
  key: async () => (await import("./key-command.ts")).key,
  version: async () => {
    const { version } = await import("./version.ts");
    return async (_args, { print }) => {
      print(`${version}\n`);
      return exitCode.ok;
    };
  },
  help: async () => {
    const { help } = await import("./help.ts");
    return async (_args, { print }) => {
      print(help);
      return exitCode.ok;
    };
  },
};

const processSurroundings = (): Surroundings => ({
  env: process.env,
  cwd: process.cwd(),
  print: (text) => process.stdout.write(text),
  say: (text) => process.stderr.write(text),
});

/**
 * Runs the program: the first argument names the command, and flags alone mean `serve`.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 fine, 1 failure, 2 wrong command line, 78 wrong configuration
 */
export async function main(
  args: readonly string[],
  around: Surroundings = processSurroundings(),
): Promise<number> {
  const { name, rest } = toCommand(args);
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!load) {
      const meant = suggest(name, Object.keys(commands));
      throw new UsageError(`Unknown command "${name}"${meant ? `; did you mean "${meant}"?` : ""}`);
    }
    const command = await load();
    return await command(rest, around);
  } catch (error) {
    return reportError(error, around);
  }
}

function toCommand(args: readonly string[]): { name: string; rest: readonly string[] } {
  const ends = args.indexOf("--");
  const own = ends === -1 ? args : args.slice(0, ends);
  if (own.some((arg) => /^(-h|--?help)$/.test(arg))) return { name: "help", rest: [] };
  const [first] = args;
  if (first !== undefined && /^(-v|--?version)$/.test(first)) return { name: "version", rest: [] };
  if (first === undefined || first.startsWith("-")) return { name: "serve", rest: args };
  return { name: first, rest: args.slice(1) };
}

function reportError(error: unknown, { say }: Surroundings): number {
  if (error instanceof UsageError) {
    say(`${error.message}. See gateway help.\n`);
    return exitCode.usage;
  }
  if (error instanceof ConfigError) {
    say(`${error.message}\n`);
    return exitCode.config;
  }
  const known = describeOperatorError(error);
  say(`${known ?? (error instanceof Error ? error.stack : String(error))}\n`);
  return exitCode.failure;
}
