import { loadConfig } from "../config/load-config.ts";
import { type Command, exitCode, UsageError } from "./command.ts";
import { configFlags, parseFlags } from "./parse-flags.ts";

/** `gateway key rotate`, on the key file of the database that the configuration names. */
export const key: Command = async (args, { env, cwd, say }) => {
  const { flags, positionals } = parseFlags(args, configFlags, 1);
  if (positionals[0] !== "rotate") throw new UsageError("key needs what to do: rotate");

  const { config } = loadConfig({ flags, env, cwd });
  if (config.server_key !== undefined) {
    say(
      "The server's key is configured (server_key); of a key file from before, the keys only open what they have " +
        "sealed. To change the key, add the present one to former_server_keys, put a new one into server_key, and " +
        "restart the gateway.\n",
    );
    return exitCode.failure;
  }
  if (config.store.path === ":memory:") {
    say("The database is in memory only (store.path); its key goes with the process.\n");
    return exitCode.failure;
  }
  const { rotateServerKey } = await import("@gateway/store");
  const { file, former, dropped } = rotateServerKey(config.store.path);
  say(
    `${file} begins with a new key. It takes effect at the next start of the gateway; until then the former one is ` +
      `used. ${former === 1 ? "1 former key stays" : `${former} former keys stay`} in the file, for what was sealed ` +
      "so far. Copy the file to where its backup is.\n",
  );
  if (dropped > 0) {
    say(
      `${dropped === 1 ? "The oldest key was" : `The ${dropped} oldest keys were`} removed, since the file holds no ` +
        "more: what was sealed under it and not since cannot be opened after the restart.\n",
    );
  }
  return exitCode.ok;
};
