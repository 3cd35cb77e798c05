import { expect, test } from "vitest";
import { parseCreateContainer } from "./containers.ts";

const name = "mine";

test("what all containers are the same in, and what is not known, is named", () => {
  const body = {
    name,
    memory_limit: "64g",
    network_policy: { type: "allowlist", allowed_domains: ["a.example"] },
    skills: [],
    colour: "red",
    shape: null,
  };
  expect(parseCreateContainer(body, false).ignored).toEqual([
    "colour",
    "memory_limit",
    "network_policy",
    "skills",
  ]);
  expect(parseCreateContainer({ name, network_policy: { type: "disabled" } }, true)).toEqual({
    container: { name, network_policy: { type: "disabled" } },
    ignored: [],
  });
});

test.each([
  [{ memory_limit: "1g" }, "memory_limit", "unsupported_value"],
  [{ network_policy: { type: "allowlist" } }, "network_policy", "unsupported_value"],
  [{ skills: [] }, "skills", "unsupported_value"],
  [{ colour: "red" }, "colour", "unknown_parameter"],
] as const)("%j is refused where parameters are strict", (field, param, code) => {
  expect(() => parseCreateContainer({ name, ...field }, true)).toThrow(
    expect.objectContaining({ status: 422, param, code }),
  );
});
