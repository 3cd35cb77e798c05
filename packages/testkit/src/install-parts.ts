import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv } from "./clean-env.ts";
import {
  byName,
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
import { type RunningChild, startChild, untilReady } from "./running-child.ts";

/** Settings of `installParts`; all have defaults. */
export interface InstallOptions {
  place?: PartsPlace;
  /** The interpreter to install with when none is recorded; "python3" from PATH when left out. */
  python?: string;
  /** Hears one line before the work that takes time; nothing is said when all parts are there. */
  onProgress?: (line: string) => void;
}

/** An install may fetch 150 MB and wait for another process that does the same. */
const installTimeoutMs = 600_000;

/**
 * Installs the Python wheels that are missing and reports the state of every part.
 *
 * Each part goes into a folder of its own, so that one wheel that does not exist for this platform does not
 * take the others away. Parallel calls, in this process or others, wait for each other; a folder appears whole
 * or not at all. Never rejects for a part that cannot be had: its state carries the reason, and the next call
 * tries again.
 */
export async function installParts(options: InstallOptions = {}): Promise<PartsStatus> {
  const { place = defaultPlace, python = "python3", onProgress = () => {} } = options;
  const before = partsStatus(place);
  if (partNames.every((name) => before.parts[name].ready)) return before;

  mkdirSync(place.dir, { recursive: true });
  onProgress(`Installing test parts into ${place.dir} (once; about 250 MB)`);
  let lock: Lock;
  try {
    lock = await openLock(place, python);
  } catch (error) {
    const reason = `no usable Python: ${oneLine(error)}`;
    replaceFile(noPythonFile(place), reason);
    return { python: undefined, parts: byName(() => ({ ready: false, reason })) };
  }
  try {
    const generation = generationDir(place, lock.version);
    mkdirSync(generation, { recursive: true });
    replaceFile(
      pythonRecordFile(place),
      JSON.stringify({ executable: lock.executable, version: lock.version }),
    );
    rmSync(noPythonFile(place), { force: true });
    removeUnfinished(generation);
    for (const name of partNames) {
      if (existsSync(join(generation, name))) continue;
      const failure = await installPart(name, generation, place, lock);
      if (failure === undefined) rmSync(failureFile(generation, name), { force: true });
      else replaceFile(failureFile(generation, name), failure);
    }
    removeOthers(place.dir, generation);
    return partsStatus(place);
  } finally {
    await lock.release();
  }
}

interface Lock {
  executable: string;
  version: string;
  pip: boolean;
  release(): Promise<void>;
}

async function openLock(place: PartsPlace, python: string): Promise<Lock> {
  const args = ["-I", join(testkitDir, "src", "parts-lock.py"), join(place.dir, "lock")];
  const holder: RunningChild = await startChild({ command: python, args, env: cleanEnv() });
  const line = await untilReady(
    holder,
    "the lock on the test parts",
    () => /^\{.*\}$/m.exec(holder.stdout())?.[0],
    installTimeoutMs,
  );
  return {
    ...(JSON.parse(line) as { executable: string; version: string; pip: boolean }),
    async release() {
      holder.process.stdin?.end();
      await holder.exited;
    },
  };
}

/** Installs one part and tries it; gives the reason when that fails. */
async function installPart(
  name: PartName,
  generation: string,
  place: PartsPlace,
  lock: Lock,
): Promise<string | undefined> {
  if (!lock.pip) return `Python ${lock.version} at ${lock.executable} has no pip; install python3-pip`;
  const { wheel, trial } = partSources[name];
  const fresh = mkdtempSync(join(generation, "new-"));
  try {
    const options = ["--quiet", "--no-input", "--no-warn-script-location", "--disable-pip-version-check"];
    // Wheels only: a part that would have to be compiled counts as missing.
    const pip = [
      "-m",
      "pip",
      "install",
      ...options,
      "--only-binary=:all:",
      "--target",
      fresh,
      "-c",
      place.requirements,
      wheel,
    ];
    const installed = await run(lock.executable, pip);
    if (installed.code !== 0) return `pip cannot install ${wheel}: ${lastError(installed.output)}`;

    const command = trial(fresh);
    const tried =
      command === "import"
        ? await run(lock.executable, ["-c", `import ${wheel}`], { PYTHONPATH: fresh })
        : await run(command[0], command.slice(1));
    if (tried.code !== 0) return `${wheel} is installed but does not run: ${lastError(tried.output)}`;
    renameSync(fresh, join(generation, name));
    return undefined;
  } catch (error) {
    return oneLine(error);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  // pip does reach out: the caller's proxy settings are kept for it.
  const { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = process.env;
  const proxies = { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY };
  const child = await startChild({ command, args, env: cleanEnv({ ...proxies, ...env }), input: "" });
  const timer = setTimeout(() => child.kill("SIGKILL"), installTimeoutMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  return { code, output: child.output() };
}

/** Parts of other requirements or another Python are of no use any more. */
function removeOthers(dir: string, generation: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && path !== generation) rmSync(path, { recursive: true, force: true });
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

/** pip and Python put what went wrong last; pip marks it. */
function lastError(output: string): string {
  const lines = output.trim().split("\n");
  return lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1) ?? "no message";
}
