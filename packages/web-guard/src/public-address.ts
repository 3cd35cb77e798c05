import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/**
 * Addresses that are not on the public internet (IANA IPv4 and IPv6 Special-Purpose Address Registries): this host,
 * private and shared networks, link-local (the metadata services of clouds among them), documentation, benchmarks,
 * multicast, reserved.
 */
const special4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * Of IPv6 only 2000::/3 is given out; these are the parts of it that are not for everybody. 2002::/16 (6to4) and
 * 2001::/32 (Teredo) carry an IPv4 address that a relay would go on to, of whatever network.
 */
const special6: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

const refused = new BlockList();
for (const [network, prefix] of special4) refused.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of special6) refused.addSubnet(network, prefix, "ipv6");

const givenOut6 = new BlockList();
givenOut6.addSubnet("2000::", 3, "ipv6");

/** Prefixes under which an IPv4 address stands in the last 32 bits: mapped (RFC 4291) and translated (RFC 6052). */
const carriers: readonly [string, number][] = [
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
];
const carries4 = new BlockList();
for (const [network, prefix] of carriers) carries4.addSubnet(network, prefix, "ipv6");

/**
 * True for an IP address of the public internet. False for every special one, for an IPv6 address that stands for a
 * special IPv4 address, and for text that is no IP address in its usual form.
 */
export function isPublicAddress(address: string): boolean {
  // The zone of a link-local address: `fe80::1%eth0`.
  const [bare = ""] = address.split("%", 1);
  if (isIPv4(bare)) return !refused.check(bare, "ipv4");
  if (!isIPv6(bare) || bare !== address) return false;
  // Node's own answer for a mapped address depends on the family that it is asked with.
  if (carries4.check(bare, "ipv6") || isMapped(bare)) return isPublicAddress(lastFour(bare));
  return givenOut6.check(bare, "ipv6") && !refused.check(bare, "ipv6");
}

/** The IP address that a URL's host is, without brackets; undefined for a name. */
export function addressOfHost(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

function isMapped(address: string): boolean {
  const groups = groupsOf(address);
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

/** The last 32 bits as an IPv4 address. */
function lastFour(address: string): string {
  const [high = 0, low = 0] = groupsOf(address).slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) =>
    ((Number(high) << 8) | Number(low)).toString(16);
  const text = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : address;
  const [head = "", tail] = text.split("::", 2);
  const read = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), tail === undefined ? [] : read(tail)];
  return [...first, ...new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
}
