/** Domains that are let through, and that are not. */
export interface DomainRule {
  /** Empty: any. */
  allowed: readonly string[];
  blocked: readonly string[];
}

/** True where the host of a URL is of an allowed domain and of no blocked one; subdomains count as their domain. */
export function admits({ allowed, blocked }: DomainRule, address: string): boolean {
  const host = hostOf(address);
  if (host === undefined) return false;
  if (blocked.some((domain) => isOf(host, domain))) return false;
  return allowed.length === 0 || allowed.some((domain) => isOf(host, domain));
}

function isOf(host: string, domain: string): boolean {
  // As the host is written: in lower case, and other letters in ASCII.
  const bare = hostOf(`http://${domain}`) ?? domain.toLowerCase();
  return host === bare || host.endsWith(`.${bare}`);
}

function hostOf(address: string): string | undefined {
  return URL.parse(address)?.hostname.replace(/\.$/, "");
}
