import { BlockList, isIP } from "node:net";
import type { Config } from "./config.ts";
import type { Problem } from "./config-error.ts";
import { renderAddress } from "./scalars.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach a listener on `host`. A name other than localhost counts as reachable. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host.toLowerCase() === "localhost";
  return loopback.check(host, version === 4 ? "ipv4" : "ipv6");
}

/**
 * The listeners that would let anyone on the network in: beyond loopback, with no keys and not opened on
 * purpose. Each problem names the remedies. Empty when all is well.
 *
 * @param placeOf where a listen address was set, such as "gateway.yaml:3"
 */
export function checkExposure(
  config: Config,
  placeOf: (key: "http.listen" | "extproc.listen") => string = () => "",
): Problem[] {
  if (config.auth.open || config.auth.keys.length > 0) return [];
  return (["http", "extproc"] as const)
    .filter((listener) => !isLoopback(config[listener].listen.host))
    .map((listener) => ({
      place: placeOf(`${listener}.listen`),
      message:
        `${listener}.listen ${renderAddress(config[listener].listen)} is reachable from other machines and no keys are configured; ` +
        "list keys under auth.keys, or set auth: { open: true } to let anyone call, or listen on 127.0.0.1",
    }));
}
