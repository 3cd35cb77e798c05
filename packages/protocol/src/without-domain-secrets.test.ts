import { expect, test } from "vitest";
import { toEchoedTool } from "./tools.ts";

const policy = { type: "allowlist" as const, allowed_domains: ["a.example"] };
const secrets = { domain_secrets: [{ domain: "a.example", name: "TOKEN", value: "hunter2" }] };

test("what a container would send to the sites it may reach is not echoed", () => {
  const container = { type: "auto" as const, network_policy: policy };
  const code = { type: "code_interpreter" as const, container };
  const environment = { type: "container_auto" as const, network_policy: policy };
  const shell = { type: "shell" as const, environment };
  const open = { network_policy: { ...policy, ...secrets } };
  expect(toEchoedTool({ ...code, container: { ...container, ...open } })).toEqual(code);
  expect(toEchoedTool({ ...shell, environment: { ...environment, ...open } })).toEqual(shell);
});

test("a container that is named, or none, is echoed as it is", () => {
  const named = { type: "code_interpreter" as const, container: "cntr_1" };
  expect(toEchoedTool(named)).toBe(named);
  const bare = { type: "code_interpreter" as const };
  expect(toEchoedTool(bare)).toBe(bare);
});
