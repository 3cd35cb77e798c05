import { describe, expect, test } from "vitest";
import { addressOfHost, isPublicAddress } from "./public-address.ts";

describe("an address of the public internet", () => {
  test.for([
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "169.253.255.255",
    "198.17.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ])("%s is one", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.for([
    ["this host", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["loopback", "127.0.0.1"],
    ["loopback's end", "127.255.255.254"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["shared", "100.64.0.1"],
    ["shared", "100.127.255.255"],
    ["link-local", "169.254.0.1"],
    ["metadata of clouds", "169.254.169.254"],
    ["metadata of containers", "169.254.170.2"],
    ["protocol assignments", "192.0.0.170"],
    ["documentation", "192.0.2.1"],
    ["documentation", "198.51.100.7"],
    ["documentation", "203.0.113.7"],
    ["benchmarks", "198.18.0.1"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["loopback in full", "0:0:0:0:0:0:0:1"],
    ["link-local", "fe80::1"],
    ["link-local with zone", "fe80::1%eth0"],
    ["a zone on anything else", "2606:4700::1%eth0"],
    ["unique local", "fc00::1"],
    ["unique local", "fd12:3456:789a::1"],
    ["metadata over IPv6", "fd00:ec2::254"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["documentation", "2001:db8::1"],
    ["Teredo", "2001:0:7f00:1::"],
    ["6to4 of loopback", "2002:7f00:1::"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["mapped loopback in hex", "::ffff:7f00:1"],
    ["mapped loopback in full", "0:0:0:0:0:ffff:7f00:0001"],
    ["mapped private", "::FFFF:10.1.2.3"],
    ["mapped metadata", "::ffff:a9fe:a9fe"],
    ["compatible loopback", "::127.0.0.1"],
    ["translated loopback", "64:ff9b::127.0.0.1"],
    ["translated private", "64:ff9b::a00:1"],
    ["local translation", "64:ff9b:1::1"],
    ["not given out", "4000::1"],
  ] as const)("%s is none: %s", ([, address]) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.for(["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "1.2.3", "1.2.3.4.5", "[::1]", "::g"])(
    "what is no address in its usual form is none: %j",
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

describe("the address in a URL's host", () => {
  test.for([
    ["http://127.0.0.1/", "127.0.0.1"],
    ["http://2130706433/", "127.0.0.1"],
    ["http://0x7f000001/", "127.0.0.1"],
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://017700000001/", "127.0.0.1"],
    ["http://127.1/", "127.0.0.1"],
    ["http://0/", "0.0.0.0"],
    ["http://127.0.0.1./", "127.0.0.1"],
    ["http://１２７.0.0.1/", "127.0.0.1"],
    ["http://[::1]/", "::1"],
    ["http://[::ffff:127.0.0.1]/", "::ffff:7f00:1"],
    ["http://example.com/", undefined],
    ["http://localhost/", undefined],
  ] as const)("of %s is %s", ([url, address]) => {
    expect(addressOfHost(new URL(url).hostname)).toBe(address);
  });
});
