import { type Address, duration, parseAddress, renderAddress } from "../config/scalars.ts";
import { type Command, exitCode, type Surroundings, UsageError } from "./command.ts";
import { configFlags, type ParsedFlags, parseFlags } from "./parse-flags.ts";

const types = {
  ...configFlags,
  addr: { type: "string" },
  service: { type: "string" },
  http: { type: "boolean" },
  timeout: { type: "string" },
} as const;

/** `gateway healthcheck`: for container and init systems, which look at the exit code. */
export const healthcheck: Command = async (args, around) => {
  const { flags } = parseFlags(args, types);
  if (flags.http && flags.service !== undefined)
    throw new UsageError("--service goes with gRPC; leave out --http");
  const timeout = duration().safeParse(flags.timeout ?? "3s");
  if (!timeout.success) throw new UsageError(`--timeout ${timeout.error.issues[0]?.message ?? ""}`);

  const target = renderAddress(await toTarget(flags, around));
  const { askGrpcHealth, askHttpHealth } = await import("./ask-health.ts");
  const health = flags.http
    ? await askHttpHealth(target, timeout.data)
    : await askGrpcHealth(target, flags.service ?? "", timeout.data);
  if (health.serving) {
    around.print(`${health.status}\n`);
    return exitCode.ok;
  }
  around.say(`${target}: ${health.status}\n`);
  return exitCode.failure;
};

/** The address that was given or is configured. One for all interfaces is asked at this machine's own. */
async function toTarget(
  flags: ParsedFlags<typeof types>["flags"],
  { env, cwd }: Surroundings,
): Promise<Address> {
  const { addr, http } = flags;
  // Reading the configuration takes longer than asking: only where the address is not given.
  const configured = async (listener: "http" | "extproc"): Promise<Address> => {
    const { loadConfig } = await import("../config/load-config.ts");
    return loadConfig({ flags, env, cwd }).config[listener].listen;
  };
  const address = addr === undefined ? await configured(http ? "http" : "extproc") : parseAddress(addr);
  if (!address)
    throw new UsageError(`--addr: expected an address such as "127.0.0.1:10000" or ":10000", got "${addr}"`);
  if (address.port === 0)
    throw new UsageError("The configured port is 0, any free one; name the real one with --addr");
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address.host] ?? address.host;
  return { ...address, host };
}
