import { writeFileSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "./load-config.ts";
import { printConfig, withoutUser } from "./print-config.ts";

const hash = `sha256:${"0123456789abcdef".repeat(4)}`;
const file = `
log: { level: debug }
server_key: seal-secret
auth: { keys: [{ id: alice, hash: "${hash}" }] }
backends:
  openai: { url: "https://user:url-secret@api.example.com/v1", key: sk-secret }
timeout: { idle: 90s }
retry: { on: [connect, 429] }
store: { files: { s3: { endpoint: "http://s3", bucket: b, access_key_id: a, secret_access_key: s3-secret } } }
tools:
  connectors: { docs: { server_url: "https://docs.example/mcp", headers: { Authorization: Bearer mcp-secret, accept: x-secret } } }
former_server_keys: [old-secret, older-secret]
`;

test("what is printed says where it comes from and hides what is secret", () => {
  using dir = tempDir();
  writeFileSync(dir.join("gateway.yaml"), file);
  const text = printConfig(loadConfig({ env: { PORT: "9999" }, cwd: dir.path }));
  expect(text).toContain("listen: 127.0.0.1:9999 # environment PORT\n");
  expect(text).toContain("level: debug # gateway.yaml:2\n");
  expect(text).toContain("idle: 90s # gateway.yaml:7\n");
  expect(text).toContain("total: 5m\n");
  expect(text).toContain('key: "***"');
  expect(text).toContain("url: https://api.example.com/v1");
  expect(text).toContain('Authorization: "***"');
  expect(text).toContain('secret_access_key: "***"');
  expect(text).toContain('hash: "sha256:01234567…"'.replaceAll('"', ""));
  expect(text).not.toMatch(/-secret|89abcdef0123/);
});

test("what is printed can be read again and means the same", () => {
  using dir = tempDir();
  writeFileSync(
    dir.join("gateway.yaml"),
    "timeout: { idle: 90s }\nrequests: { max_body: 1MiB }\nretry: { on: [connect, 429] }\n",
  );
  const first = loadConfig({ env: {}, cwd: dir.path });
  const text = printConfig(first);
  expect(parse(text)).toMatchObject({ retry: { on: ["connect", 429] }, requests: { max_body: "1MiB" } });
  writeFileSync(dir.join("again.yaml"), text);
  expect(loadConfig({ env: {}, cwd: dir.path, flags: { config: "again.yaml" } }).config).toEqual(
    first.config,
  );
});

test.for([
  ["https://u:p@host/v1", "https://host/v1"],
  ["http://u@host:1/a@b", "http://host:1/a@b"],
  ["http://host/v1", "http://host/v1"],
] as const)("%s is logged as %s", ([url, shown]) => {
  expect(withoutUser(url)).toBe(shown);
});
