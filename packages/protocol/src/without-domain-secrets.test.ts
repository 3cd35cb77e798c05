import { expect, test } from "vitest";
import { createItems } from "./conversations.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toEchoedTool } from "./tools.ts";
import { validate } from "./validate.ts";
import { withoutDomainSecrets } from "./without-domain-secrets.ts";

const policy = { type: "allowlist", allowed_domains: ["a.example"] };
const open = { ...policy, domain_secrets: [{ domain: "a.example", name: "TOKEN", value: "hunter2" }] };
const code = { type: "code_interpreter", container: { type: "auto", network_policy: open } };
const shell = { type: "shell", environment: { type: "container_auto", network_policy: open } };
const inner = { type: "function", name: "f", environment: { network_policy: open } };
const space = { type: "namespace", name: "n", tools: [inner] };
const items = [
  { type: "additional_tools", role: "developer", tools: [code, space] },
  { type: "tool_search_output", tools: [shell] },
];

test("what a container would send to the sites it may reach is in no request that was read", () => {
  const body = { model: "m", input: items, tools: [code, shell, space] };
  const { request, ignored } = parseCreateRequest(body, false, new Set(["code_interpreter"]));
  expect(JSON.stringify(request)).not.toContain("hunter2");
  expect(request.tools?.[0]).toEqual({ ...code, container: { type: "auto", network_policy: policy } });
  expect(request.tools?.map(toEchoedTool)[1]).toEqual({
    ...shell,
    environment: { type: "container_auto", network_policy: policy },
  });
  // What it asked for is named all the same.
  expect(ignored).toContain("tools[0].container.network_policy");
  // Nor is the body changed: what else is read from it has to find it as it came.
  expect(JSON.stringify(body)).toContain("hunter2");
});

test("nor in items of a conversation", () => {
  expect(JSON.stringify(validate(createItems, { items }))).not.toContain("hunter2");
});

test("a tool may have it in more than one place", () => {
  const both = { ...code, environment: { network_policy: open } };
  expect(withoutDomainSecrets(both)).toEqual({
    type: "code_interpreter",
    container: { type: "auto", network_policy: policy },
    environment: { network_policy: policy },
  });
});

test("a tool without is left as it is", () => {
  const named = { type: "code_interpreter" as const, container: "cntr_1" };
  expect(withoutDomainSecrets(named)).toBe(named);
  const closed = { type: "shell", environment: { network_policy: policy } };
  expect(withoutDomainSecrets(closed)).toBe(closed);
});
