import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bundledGateway, gatewayFromSource } from "./bundled-gateway.ts";

test("the gateway as it is shipped is the one from source, and made once", async () => {
  const [first, second] = await Promise.all([bundledGateway(), bundledGateway()]);
  expect(second).toBe(first);
  const [shipped, source] = [first.entry, gatewayFromSource].map((entry) =>
    execFileSync(process.execPath, [entry, "version"], { encoding: "utf8" }),
  );
  expect(shipped).toMatch(/\d+\.\d+\.\d+/);
  expect(shipped).toBe(source);
});
