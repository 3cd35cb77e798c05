import type { PartsPlace, WheelSource } from "./parts.ts";
import { lastError, runInstaller } from "./run-installer.ts";

/** What pip is called with: the interpreter of the lock. */
export interface PipPython {
  executable: string;
  version: string;
  pip: boolean;
}

/** Installs one wheel, with what it needs, into `dir` and tries it; gives the reason when that fails. */
export async function installWheel(
  { wheel, trial }: WheelSource,
  dir: string,
  place: PartsPlace,
  python: PipPython,
): Promise<string | undefined> {
  if (!python.pip) return `Python ${python.version} at ${python.executable} has no pip; install python3-pip`;
  const args = [
    ...["-m", "pip", "install", "--quiet", "--no-input"],
    ...["--no-warn-script-location", "--disable-pip-version-check"],
    // Wheels only: a part that would have to be compiled counts as missing.
    "--only-binary=:all:",
    ...["--target", dir, "-c", place.requirements, wheel],
  ];
  const installed = await runInstaller(python.executable, args);
  if (installed.code !== 0) return `pip cannot install ${wheel}: ${lastError(installed.output)}`;

  const command = trial(dir);
  const tried =
    command === "import"
      ? await runInstaller(python.executable, ["-c", `import ${wheel}`], { PYTHONPATH: dir })
      : await runInstaller(command[0], command.slice(1));
  if (tried.code !== 0) return `${wheel} is installed but does not run: ${lastError(tried.output)}`;
  return undefined;
}
