import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { StoreError } from "./errors.ts";
import { loadServerKey } from "./server-key.ts";

const dir = tempDir();

describe("the server's key", () => {
  test("is made once, in a private file beside the database, and read from then on", () => {
    const path = dir.join("data", "gateway.db");
    const key = loadServerKey({ path });
    expect(key).toHaveLength(32);
    expect(loadServerKey({ path })).toEqual(key);
    expect((statSync(`${path}-key`).mode & 0o777).toString(8)).toBe("600");
    expect(readFileSync(`${path}-key`).equals(key)).toBe(true);
    expect(readdirSync(dir.join("data"))).toEqual(["gateway.db-key"]);
    expect(loadServerKey({ path: dir.join("other.db") })).not.toEqual(key);
  });

  test("comes from a configured secret, the same for every database, without a file", () => {
    const path = dir.join("secret.db");
    const key = loadServerKey({ path, secret: "a long random text" });
    expect(key).toHaveLength(32);
    expect(loadServerKey({ path: ":memory:", secret: "a long random text" })).toEqual(key);
    expect(loadServerKey({ path, secret: "another text" })).not.toEqual(key);
    expect(existsSync(`${path}-key`)).toBe(false);
  });

  test("goes with the process for a database in memory", () => {
    expect(loadServerKey({ path: ":memory:" })).not.toEqual(loadServerKey({ path: ":memory:" }));
    expect(existsSync(":memory:-key")).toBe(false);
  });

  test("is refused, and not replaced, when its file is no key", () => {
    const path = dir.join("short.db");
    writeFileSync(`${path}-key`, "short");
    expect(() => loadServerKey({ path })).toThrow(/short\.db-key is not a server key: it has 5 bytes/);
    expect(readFileSync(`${path}-key`, "utf8")).toBe("short");
  });

  test("is refused with the file's name and what to do when it cannot be made", () => {
    const file = dir.join("no-directory");
    writeFileSync(file, "");
    chmodSync(file, 0o400);
    for (const run of [
      () => loadServerKey({ path: `${file}/gateway.db` }),
      () => loadServerKey({ path: dir.join("x.db"), secret: "" }),
    ]) {
      expect(run).toThrow(StoreError);
    }
    expect(() => loadServerKey({ path: `${file}/gateway.db` })).toThrow(/no-directory/);
    expect(() => loadServerKey({ path: dir.join("x.db"), secret: "" })).toThrow(/server_key is empty/);
  });
});
