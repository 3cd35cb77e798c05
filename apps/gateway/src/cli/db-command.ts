import { resolve } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import { type Command, exitCode, UsageError } from "./command.ts";
import { configFlags, parseFlags } from "./parse-flags.ts";

/** `gateway db backup FILE` and `gateway db check`, on the database that the configuration names. */
export const db: Command = async (args, { env, cwd, print, say }) => {
  const { flags, positionals } = parseFlags(args, configFlags, 2);
  const [action, file] = positionals;
  if (action === "backup" && file === undefined) throw new UsageError("db backup needs the file to write");
  if (action === "check" && file !== undefined) throw new UsageError(`Unexpected argument "${file}"`);
  if (action !== "backup" && action !== "check") throw new UsageError("db needs one of backup and check");

  const { path } = loadConfig({ flags, env, cwd }).config.store;
  if (path === ":memory:") {
    say("The database is in memory only (store.path); there is nothing to read.\n");
    return exitCode.failure;
  }
  const { backupDatabase, checkDatabase } = await import("@gateway/store");
  if (file !== undefined) {
    await backupDatabase(path, resolve(cwd, file));
    say(`${path} was copied to ${file}\n`);
    return exitCode.ok;
  }
  const { ok, problems } = checkDatabase(path);
  for (const problem of problems) say(`${problem}\n`);
  print(ok ? "ok\n" : "damaged\n");
  return ok ? exitCode.ok : exitCode.failure;
};
