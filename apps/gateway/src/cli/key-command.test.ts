import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createSealer, loadServerKey } from "@gateway/store";
import { type TempDir, tempDir } from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { key } from "./key-command.ts";

let dir: TempDir;
let path: string;
beforeEach(() => {
  dir = tempDir();
  path = dir.join("gateway.db");
});
afterEach(() => dir.remove());

async function run(config: string, ...args: string[]) {
  writeFileSync(dir.join("gateway.yaml"), config);
  let out = "";
  let err = "";
  const code = await key(args, {
    env: {},
    cwd: dir.path,
    print: (text) => {
      out += text;
    },
    say: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const config = "store: { path: gateway.db }";

describe("gateway key rotate", () => {
  test("puts a new key first and says when it takes effect", async () => {
    const [old] = loadServerKey({ path });
    const sealed = createSealer(old).seal("text", "c");
    const { code, err } = await run(config, "rotate", "--config", "gateway.yaml");
    expect(code).toBe(0);
    expect(err).toContain(`${path}-key begins with a new key`);
    expect(err).toContain("next start");
    expect(err).toContain("1 former key stays");
    expect(err).not.toContain("removed");
    const keys = loadServerKey({ path });
    expect(keys.slice(1)).toEqual([old]);
    expect(createSealer(...keys).open(sealed, "c")).toEqual({ text: "text" });
    expect((statSync(`${path}-key`).mode & 0o777).toString(8)).toBe("600");
    for (const bytes of keys) {
      for (const form of ["hex", "base64", "base64url"] as const)
        expect(err).not.toContain(Buffer.from(bytes).toString(form));
    }
  });

  test("says which keys it had no room for", async () => {
    loadServerKey({ path });
    for (let round = 0; round < 7; round++)
      expect((await run(config, "rotate")).err).not.toContain("removed");
    expect(await run(config, "rotate")).toMatchObject({
      code: 0,
      err: expect.stringContaining("oldest key was removed"),
    });
  });

  test("is refused where the key is configured, and says how that is rotated", async () => {
    loadServerKey({ path });
    const before = readFileSync(`${path}-key`);
    const { code, err } = await run(`${config}\nserver_key: secret-text`, "rotate");
    expect(code).toBe(1);
    expect(err).toMatch(/server_key.*former_server_keys/s);
    expect(err).not.toContain("secret-text");
    expect(readFileSync(`${path}-key`)).toEqual(before);
  });

  test("is refused where there is no key: in memory, or before the first start", async () => {
    expect(await run('store: { path: ":memory:" }', "rotate")).toMatchObject({
      code: 1,
      err: expect.stringContaining("in memory only"),
    });
    await expect(run(config, "rotate")).rejects.toThrow(/no key file .*gateway\.db-key/);
    expect(existsSync(`${path}-key`)).toBe(false);
  });

  test.for([[], ["turn"], ["rotate", "twice"]])("is not %j", async (args) => {
    await expect(run(config, ...args)).rejects.toThrow(/rotate|twice/);
  });
});
