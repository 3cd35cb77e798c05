import { describe, expect, test } from "vitest";
import { checkExposure, isLoopback } from "./exposure.ts";
import { configSchema } from "./schema.ts";

describe("a host", () => {
  test.for(["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])(
    "%s is this machine's own",
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  test.for(["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "fe80::1", "gateway.local", "localhost.example.com"])(
    "%s can be reached from others",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe("a listener beyond loopback", () => {
  const keys = [{ id: "a", hash: `sha256:${"0".repeat(64)}` }];

  test.for([
    [{}, []],
    [{ http: { listen: ":80" } }, ["http"]],
    [{ extproc: { listen: "10.0.0.1:1" } }, ["extproc"]],
    [{ http: { listen: ":80" }, extproc: { listen: "[::]:81" } }, ["http", "extproc"]],
    [{ http: { listen: ":80" }, auth: { open: true } }, []],
    [{ http: { listen: ":80" }, auth: { keys } }, []],
  ] as const)("needs keys or the word that it is meant (case %#)", ([file, listeners]) => {
    const problems = checkExposure(configSchema.parse(file), (key) => `at ${key}`);
    expect(problems.map(({ place }) => place)).toEqual(listeners.map((listener) => `at ${listener}.listen`));
    for (const { message } of problems) expect(message).toMatch(/auth\.keys.*auth: \{ open: true \}/);
  });
});
