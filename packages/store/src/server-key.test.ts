import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tempDir } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { StoreError } from "./errors.ts";
import { loadServerKey } from "./server-key.ts";
import { rotateServerKey } from "./server-key-rotation.ts";

const dir = tempDir();

describe("the server's key", () => {
  test("is made once, in a private file beside the database, and read from then on", () => {
    const path = dir.join("data", "gateway.db");
    const [key, ...former] = loadServerKey({ path });
    expect(key).toHaveLength(32);
    expect(former).toEqual([]);
    expect(loadServerKey({ path })).toEqual([key]);
    expect((statSync(`${path}-key`).mode & 0o777).toString(8)).toBe("600");
    expect(readFileSync(`${path}-key`)).toEqual(key);
    expect(readdirSync(dir.join("data"))).toEqual(["gateway.db-key"]);
    expect(loadServerKey({ path: dir.join("other.db") })).not.toEqual([key]);
  });

  test("comes from a configured secret, the same for every database, without a file", () => {
    const path = dir.join("secret.db");
    const keys = loadServerKey({ path, secret: "a long random text" });
    expect(keys).toEqual([expect.toSatisfy((key: Uint8Array) => key.length === 32)]);
    expect(loadServerKey({ path: ":memory:", secret: "a long random text" })).toEqual(keys);
    expect(loadServerKey({ path, secret: "another text" })).not.toEqual(keys);
    expect(existsSync(`${path}-key`)).toBe(false);
  });

  test("is followed by those of former secrets, whether it is configured or a file's", () => {
    const path = dir.join("former.db");
    const [old] = loadServerKey({ path, secret: "old" });
    const [older] = loadServerKey({ path, secret: "older" });
    const [current] = loadServerKey({ path, secret: "new" });
    const former = ["old", "older"];
    expect(loadServerKey({ path, secret: "new", former })).toEqual([current, old, older]);
    const [own] = loadServerKey({ path });
    expect(loadServerKey({ path, former })).toEqual([own, old, older]);
    expect(loadServerKey({ path: ":memory:", former }).slice(1)).toEqual([old, older]);
  });

  test("is followed by those of the file where the secret came later, so that nothing sealed is lost", () => {
    const path = dir.join("moved.db");
    const [first] = loadServerKey({ path });
    rotateServerKey(path);
    const [second] = loadServerKey({ path });
    const [current] = loadServerKey({ path: ":memory:", secret: "new" });
    const [old] = loadServerKey({ path: ":memory:", secret: "old" });
    const before = readFileSync(`${path}-key`);
    expect(loadServerKey({ path, secret: "new", former: ["old"] })).toEqual([current, second, first, old]);
    expect(readFileSync(`${path}-key`)).toEqual(before);
    expect(loadServerKey({ path: ":memory:", secret: "new" })).toEqual([current]);
  });

  test("is refused where the secret came later and the file beside it cannot be read", () => {
    const path = dir.join("damaged.db");
    writeFileSync(`${path}-key`, "short");
    expect(() => loadServerKey({ path, secret: "new" })).toThrow(/damaged\.db-key is not a server key/);
    rmSync(`${path}-key`);
    mkdirSync(`${path}-key`);
    expect(() => loadServerKey({ path, secret: "new" })).toThrow(/damaged\.db-key.*remove it/);
    expect(() => loadServerKey({ path, secret: "new" })).toThrow(StoreError);
  });

  test("goes with the process for a database in memory", () => {
    expect(loadServerKey({ path: ":memory:" })).not.toEqual(loadServerKey({ path: ":memory:" }));
    expect(existsSync(":memory:-key")).toBe(false);
  });

  test.for([0, 5, 31, 33, 65, 9 * 32])(
    "is refused, and not replaced, when its file has %i bytes",
    (bytes) => {
      const path = dir.join(`broken-${bytes}.db`);
      writeFileSync(`${path}-key`, "k".repeat(bytes));
      expect(() => loadServerKey({ path })).toThrow(
        new RegExp(
          `broken-${bytes}\\.db-key is not a server key: it has ${bytes} bytes.*compactions.*kept answers`,
        ),
      );
      expect(readFileSync(`${path}-key`, "utf8")).toBe("k".repeat(bytes));
    },
  );

  test("is refused with the file's name and what to do when it cannot be made", () => {
    const file = dir.join("no-directory");
    writeFileSync(file, "");
    chmodSync(file, 0o400);
    const path = dir.join("x.db");
    for (const run of [
      () => loadServerKey({ path: `${file}/gateway.db` }),
      () => loadServerKey({ path, secret: "" }),
      () => loadServerKey({ path, secret: "a", former: [""] }),
    ]) {
      expect(run).toThrow(StoreError);
    }
    expect(() => loadServerKey({ path: `${file}/gateway.db` })).toThrow(/no-directory/);
    expect(() => loadServerKey({ path, secret: "" })).toThrow(/server_key is empty/);
    expect(() => loadServerKey({ path, former: [""] })).toThrow(/former_server_keys is empty/);
  });
});
