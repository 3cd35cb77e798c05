import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv } from "./clean-env.ts";
import { installCodex } from "./install-codex.ts";
import { installWheel, type PipPython } from "./install-wheel.ts";
import {
  codexHome,
  defaultPlace,
  failureFile,
  generationDir,
  noPythonFile,
  type PartName,
  type PartsPlace,
  type PartsStatus,
  partNames,
  partSources,
  partsStatus,
  pythonRecordFile,
} from "./parts.ts";
import { testkitDir } from "./repo-paths.ts";
import { installTimeoutMs } from "./run-installer.ts";
import { type RunningChild, startChild, untilReady } from "./running-child.ts";

/** Settings of `installParts`; all have defaults. */
export interface InstallOptions {
  place?: PartsPlace;
  /** The interpreter to install with when none is recorded; "python3" from PATH when left out. */
  python?: string;
  /** Hears one line before the work that takes time; nothing is said when all parts are there. */
  onProgress?: (line: string) => void;
  /** The parts to install, where some of them are enough; all when left out. */
  needed?: readonly PartName[];
  /** The npm to install with; "npm" from PATH when left out. */
  npm?: string;
}

/**
 * Installs the parts that are missing and reports the state of every part.
 *
 * Each part goes into a folder of its own, so that one that does not exist for this platform does not take the
 * others away. Parallel calls, in this process or others, wait for each other; a folder appears whole
 * or not at all. Never rejects for a part that cannot be had: its state carries the reason, and the next call
 * tries again.
 */
export async function installParts(options: InstallOptions = {}): Promise<PartsStatus> {
  const { place = defaultPlace, python = "python3", npm = "npm", needed = partNames } = options;
  const { onProgress = () => {} } = options;
  const before = partsStatus(place);
  const missing = needed.filter((name) => !before.parts[name].ready);
  if (missing.length === 0) return before;

  mkdirSync(place.dir, { recursive: true });
  onProgress(`Installing test parts into ${place.dir} (once): ${missing.map(withSize).join(", ")}`);
  let lock: Lock;
  try {
    lock = await openLock(place, python);
  } catch (error) {
    replaceFile(noPythonFile(place), `no usable Python: ${oneLine(error)}`);
    return partsStatus(place);
  }
  try {
    const homes = { wheels: generationDir(place, lock.version), codex: codexHome(place) };
    for (const home of Object.values(homes)) mkdirSync(home, { recursive: true });
    replaceFile(
      pythonRecordFile(place),
      JSON.stringify({ executable: lock.executable, version: lock.version }),
    );
    rmSync(noPythonFile(place), { force: true });
    for (const home of Object.values(homes)) removeUnfinished(home);
    for (const name of needed) {
      const source = partSources[name];
      const home = source.from === "pip" ? homes.wheels : homes.codex;
      if (existsSync(join(home, name))) continue;
      const failure = await installPart(name, home, (dir) =>
        source.from === "pip" ? installWheel(source, dir, place, lock) : installCodex(dir, place, npm),
      );
      if (failure === undefined) rmSync(failureFile(home, name), { force: true });
      else replaceFile(failureFile(home, name), failure);
    }
    removeOthers(place.dir, Object.values(homes));
    return partsStatus(place);
  } finally {
    await lock.release();
  }
}

function withSize(name: PartName): string {
  return `${name} (${partSources[name].megabytes} MB)`;
}

interface Lock extends PipPython {
  release(): Promise<void>;
}

async function openLock(place: PartsPlace, python: string): Promise<Lock> {
  const args = ["-I", join(testkitDir, "src", "parts-lock.py"), join(place.dir, "lock")];
  const holder: RunningChild = await startChild({ command: python, args, env: cleanEnv() });
  const line = await untilReady(
    holder,
    "the lock on the test parts",
    () => /^\{.*\}$/m.exec(holder.stdout())?.[0],
    // Another process may hold it that installs the same.
    installTimeoutMs,
  );
  return {
    ...(JSON.parse(line) as PipPython),
    async release() {
      holder.process.stdin?.end();
      await holder.exited;
    },
  };
}

/** Installs one part into a folder of its own and gives the reason when that fails. */
async function installPart(
  name: PartName,
  home: string,
  install: (dir: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const fresh = mkdtempSync(join(home, "new-"));
  try {
    const failure = await install(fresh);
    if (failure === undefined) renameSync(fresh, join(home, name));
    return failure;
  } catch (error) {
    return oneLine(error);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Parts of other requirements, another Python or another lockfile are of no use any more. */
function removeOthers(dir: string, homes: readonly string[]): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !homes.includes(path)) rmSync(path, { recursive: true, force: true });
  }
}

/** What an install left behind that was killed half-way; nobody else installs while this one holds the lock. */
function removeUnfinished(generation: string): void {
  for (const name of readdirSync(generation)) {
    if (name.startsWith("new-")) rmSync(join(generation, name), { recursive: true, force: true });
  }
}

function replaceFile(file: string, text: string): void {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${text}\n`);
  renameSync(fresh, file);
}

/** What happened, and the last thing the process had to say about it. */
function oneLine(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return lines.length === 1 ? `${lines[0]}` : `${lines[0]}: ${lines.at(-1)}`;
}
