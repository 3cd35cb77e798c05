import { expect, test } from "vitest";
import { fromPs, residentMemory } from "./resident-memory.ts";

const mebibyte = 2 ** 20;

test("the memory of a running process is what the system says", async () => {
  const resident = (await residentMemory(process.pid)) ?? 0;
  expect(resident).toBeGreaterThan(20 * mebibyte);
  expect(resident).toBeLessThan(8192 * mebibyte);
});

test("ps says about the same, where there is one", async () => {
  const resident = (await fromPs(process.pid)) ?? (await residentMemory(process.pid)) ?? 0;
  expect(resident).toBeGreaterThan(20 * mebibyte);
  expect(resident).toBeLessThan(8192 * mebibyte);
});

test("a process that is not there has none", async () => {
  expect(await residentMemory(2 ** 30)).toBeUndefined();
  expect(await fromPs(2 ** 30)).toBeUndefined();
});
