import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type TempDir, tempDir } from "@gateway/testkit";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "./errors.ts";
import { createSealer } from "./sealer.ts";
import { loadServerKey } from "./server-key.ts";
import { rotateServerKey } from "./server-key-rotation.ts";
import { openStore } from "./sqlite/open-store.ts";

let dir: TempDir;
let path: string;
beforeEach(() => {
  dir = tempDir();
  path = dir.join("gateway.db");
});

describe("a rotation of the key file", () => {
  test("puts a new key in front of those that there are", () => {
    const [first] = loadServerKey({ path });
    expect(rotateServerKey(path)).toEqual({ file: `${path}-key`, former: 1, dropped: 0 });
    const [second, ...rest] = loadServerKey({ path });
    expect(rest).toEqual([first]);
    expect(second).toHaveLength(32);
    expect(second).not.toEqual(first);
    rotateServerKey(path);
    expect(loadServerKey({ path }).slice(1)).toEqual([second, first]);
  });

  test("leaves nothing but the file, with mode 0600 whatever it was", () => {
    loadServerKey({ path });
    chmodSync(`${path}-key`, 0o644);
    rotateServerKey(path);
    expect((statSync(`${path}-key`).mode & 0o777).toString(8)).toBe("600");
    expect(readdirSync(dir.path)).toEqual(["gateway.db-key"]);
  });

  test("keeps the newest eight, and says how many it dropped", () => {
    const made = [loadServerKey({ path })[0]];
    for (let round = 1; round <= 9; round++) {
      const { former, dropped } = rotateServerKey(path);
      made.unshift(loadServerKey({ path })[0]);
      expect(loadServerKey({ path })).toEqual(made.slice(0, 8));
      expect({ former, dropped }).toEqual({ former: Math.min(round, 7), dropped: round > 7 ? 1 : 0 });
    }
  });

  test("goes through a link to the file, and through one to the database", () => {
    mkdirSync(dir.join("keys"));
    const [first] = loadServerKey({ path });
    renameSync(`${path}-key`, dir.join("keys", "secret"));
    symlinkSync(dir.join("keys", "secret"), `${path}-key`);
    expect(rotateServerKey(path).file).toBe(dir.join("keys", "secret"));
    expect(readlinkSync(`${path}-key`)).toBe(dir.join("keys", "secret"));
    expect(loadServerKey({ path })[1]).toEqual(first);

    writeFileSync(path, "");
    symlinkSync(path, dir.join("link.db"));
    expect(rotateServerKey(dir.join("link.db"))).toMatchObject({ former: 2 });
    expect(loadServerKey({ path })[2]).toEqual(first);
  });

  test.runIf(process.geteuid?.() === 0)("leaves the file to its owner", async () => {
    const { chownSync } = await import("node:fs");
    loadServerKey({ path });
    chownSync(`${path}-key`, 4711, 4712);
    rotateServerKey(path);
    expect(statSync(`${path}-key`)).toMatchObject({ uid: 4711, gid: 4712 });
  });

  test("is refused where there is no file, and makes none, and no directory", () => {
    for (const missing of [path, dir.join("missing", "gateway.db")]) {
      expect(() => rotateServerKey(missing)).toThrow(StoreError);
      expect(() => rotateServerKey(missing)).toThrow(/gateway\.db-key/);
    }
    expect(readdirSync(dir.path)).toEqual([]);
  });

  test("is refused for a damaged file, which stays as it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (content) => {
        const whole = content.length > 0 && content.length <= 256 && content.length % 32 === 0;
        writeFileSync(`${path}-key`, content);
        if (whole) expect(rotateServerKey(path).former).toBe(Math.min(content.length / 32, 7));
        else {
          expect(() => rotateServerKey(path)).toThrow(/is not a server key/);
          expect(readFileSync(`${path}-key`)).toEqual(Buffer.from(content));
        }
        expect(readdirSync(dir.path)).toEqual(["gateway.db-key"]);
      }),
      { numRuns: 50 },
    );
  });

  test("is refused while another one is under way, and says how to go on after one that was cut off", () => {
    const keys = loadServerKey({ path });
    writeFileSync(`${path}-key.rotating`, "");
    expect(() => rotateServerKey(path)).toThrow(/remove .*gateway\.db-key\.rotating and rotate again/);
    expect(loadServerKey({ path })).toEqual(keys);
    expect(existsSync(`${path}-key.rotating`)).toBe(true);
  });
});

test("a database that is open meanwhile goes on, and what it sealed is read after a restart", async () => {
  const headers = { authorization: "Bearer secret" };
  const connector = (id: string) => ({
    connector: { id, object: "connector" as const, name: id, server_url: "https://a.example", created_at: 1 },
    headers,
  });
  const before = openStore({ path, seal: createSealer(...loadServerKey({ path })) });
  await before.connectors.put("t", connector("old"));
  rotateServerKey(path);
  await before.connectors.put("t", connector("meanwhile"));
  expect(await before.connectors.getWithHeaders("t", "old")).toMatchObject({ headers });
  await before.close();

  const after = openStore({ path, seal: createSealer(...loadServerKey({ path })) });
  await after.connectors.put("t", connector("new"));
  for (const id of ["old", "meanwhile", "new"]) {
    expect(await after.connectors.getWithHeaders("t", id)).toMatchObject({ headers });
  }
  await after.close();

  // What was sealed since needs the new key alone.
  const alone = openStore({ path, seal: createSealer(loadServerKey({ path })[0]) });
  expect(await alone.connectors.getWithHeaders("t", "new")).toMatchObject({ headers });
  await expect(alone.connectors.getWithHeaders("t", "old")).rejects.toMatchObject({
    code: "sealed_with_another_key",
  });
  await alone.close();
});
