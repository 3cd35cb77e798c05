import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TempDir, tempDir } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { collectPackages } from "./collect-packages.ts";

/** A workspace in which one package of ours has `named` installed, as pnpm lays packages out, and a bundle. */
function makeWorkspace(dependencies: Record<string, string>, packages: Record<string, object>): TempDir {
  const dir = tempDir();
  const write = (path: string, content: object) => {
    mkdirSync(dirname(dir.join(path)), { recursive: true });
    writeFileSync(dir.join(path), JSON.stringify(content));
  };
  mkdirSync(dir.join("packages", "ours", "node_modules"), { recursive: true });
  for (const [name, manifest] of Object.entries(packages)) {
    write(join("store", "node_modules", name, "package.json"), manifest);
    symlinkSync(dir.join("store", "node_modules", name), dir.join("packages", "ours", "node_modules", name));
  }
  write(join("app", "package.json"), { dependencies });
  return dir;
}

describe("collectPackages", () => {
  test("copies what is named and what that needs, and leaves out optional packages that are not there", () => {
    const dir = makeWorkspace(
      { native: "1.0.0" },
      {
        native: {
          version: "1.0.0",
          dependencies: { helper: "^2.0.0", "node-addon-api": "8" },
          optionalDependencies: { "native-other-system": "1.0.0" },
        },
        helper: { version: "2.1.0" },
        unrelated: { version: "3.0.0" },
      },
    );
    const collected = collectPackages(dir.path, dir.join("app"));
    expect([...collected]).toEqual([
      ["native", "1.0.0"],
      ["helper", "2.1.0"],
    ]);
    const copied = JSON.parse(
      readFileSync(dir.join("app", "node_modules", "helper", "package.json"), "utf8"),
    );
    expect(copied.version).toBe("2.1.0");
    expect(existsSync(dir.join("app", "node_modules", "unrelated"))).toBe(false);
  });

  test.each([
    ["a package that is not installed", { absent: "1.0.0" }, {}, /absent installed/],
    [
      "another version than the bundle was made for",
      { native: "2.0.0" },
      { native: { version: "1.0.0" } },
      /native is 1\.0\.0, the bundle was made for 2\.0\.0/,
    ],
    [
      "a package whose own packages are missing",
      { native: "1.0.0" },
      { native: { version: "1.0.0", dependencies: { absent: "1" } } },
      /native needs absent/,
    ],
  ])("refuses %s", (_what, dependencies, packages, message) => {
    const dir = makeWorkspace(dependencies, packages);
    expect(() => collectPackages(dir.path, dir.join("app"))).toThrow(message);
  });
});
