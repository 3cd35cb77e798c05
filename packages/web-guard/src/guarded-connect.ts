import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { GuardError } from "./guard-error.ts";
import { addressOfHost } from "./public-address.ts";

/** Resolves a name to all of its addresses, as `dns.lookup` does with `all: true`. */
export type Resolve = (
  hostname: string,
  options: { all: true; family?: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void;

/** Settings of {@link guardedConnector}. */
export interface ConnectSettings {
  /** Says of an IP address whether it may be called. */
  allows(address: string): boolean;
  /** Milliseconds until a connection must stand. */
  connectTimeout: number;
  /** Resolves names; the system's resolver where left out. */
  resolve?: Resolve | undefined;
}

/**
 * A connector for undici's dispatchers that connects to such addresses only as may be called. The address that was looked at is the
 * one that is connected to: names are resolved here, once for each connection, and the socket is given the result.
 * Of several addresses of a name those that may not be called are left out; where none is left the connection fails
 * with a {@link GuardError}.
 */
export function guardedConnector(settings: ConnectSettings): buildConnector.connector {
  const { allows, connectTimeout } = settings;
  const lookup = guardedLookup(settings);
  // Typed by undici for TLS sockets only, but handed to `net.connect` as it is.
  const connect = buildConnector({ timeout: connectTimeout, lookup } as buildConnector.BuildOptions);
  return (options, callback) => {
    // A host that is an address is not looked up.
    const address = addressOfHost(options.hostname);
    if (address !== undefined && !allows(address)) {
      queueMicrotask(() => callback(refusal(options.hostname), null));
      return;
    }
    connect(options, callback);
  };
}

function guardedLookup({ allows, resolve: ask = resolve as Resolve }: ConnectSettings): LookupFunction {
  return (hostname, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? { family: options.family } : {};
    ask(hostname, { all: true, ...family }, (error, addresses) => {
      const give = callback as (error: Error | null, found?: unknown, family?: number) => void;
      if (error !== null) {
        give(new GuardError("unresolved", `The host '${hostname}' cannot be resolved.`, { cause: error }));
        return;
      }
      const open = addresses.filter(({ address }) => allows(address));
      const [first] = open;
      if (first === undefined) give(refusal(hostname));
      else if (options.all) give(null, open);
      else give(null, first.address, first.family);
    });
  };
}

function refusal(hostname: string): GuardError {
  return new GuardError(
    "address",
    `The host '${hostname}' is on a private network, or on this machine; such addresses are not called unless tools.allow_private_networks is true.`,
  );
}
