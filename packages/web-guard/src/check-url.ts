import { GuardError } from "./guard-error.ts";

/**
 * Reads an address that may be called: http or https, without user and password. Whether its host may be called shows
 * when the connection is made.
 *
 * @throws GuardError with reason `url`; the message does not repeat the address, which may hold a secret.
 */
export function checkUrl(address: string | URL): URL {
  const url = URL.parse(String(address));
  if (url === null) throw new GuardError("url", "The address is not a URL.");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new GuardError(
      "url",
      `Addresses that begin with '${url.protocol}' are not called; use http or https.`,
    );
  if (url.username !== "" || url.password !== "")
    throw new GuardError("url", "The address holds a user or a password; send them in a header.");
  return url;
}
