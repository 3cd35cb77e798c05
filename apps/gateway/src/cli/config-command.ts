import { toJsonSchema } from "../config/json-schema.ts";
import { loadConfig } from "../config/load-config.ts";
import { printConfig } from "../config/print-config.ts";
import { type Command, exitCode, UsageError } from "./command.ts";
import { configFlags, parseFlags } from "./parse-flags.ts";

/** `gateway config check|print|schema`. */
export const config: Command = async (args, { env, cwd, print, say }) => {
  const { flags, positionals } = parseFlags(args, configFlags, 1);
  const [action] = positionals;
  if (action === "schema") {
    print(`${JSON.stringify(toJsonSchema(), null, 2)}\n`);
    return exitCode.ok;
  }
  if (action !== "check" && action !== "print")
    throw new UsageError("config needs one of check, print and schema");

  const loaded = loadConfig({ flags, env, cwd });
  for (const warning of loaded.warnings) say(`${warning}\n`);
  if (action === "print") print(printConfig(loaded));
  else print(`The configuration is fine (${loaded.file ?? "no file"}).\n`);
  return exitCode.ok;
};
