import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { repoRoot } from "./repo-paths.ts";

/** The program as TypeScript, as `npm start` runs it. */
export const gatewayFromSource: string = join(repoRoot, "apps", "gateway", "bin", "gateway.js");

const app = join(repoRoot, "apps", "gateway");
const packages = join(repoRoot, "packages");
/** Beside the compile cache of the source: nothing else is ignored by git and found by its owner's clean-up. */
const bundles = join(app, "node_modules", ".cache", "bundles");
/** A bundle that nobody has asked for in a day is removed, for nobody can be using it any more. */
const unusedMs = 24 * 60 * 60 * 1000;
/** Each is some 25 MB. */
const mostBundles = 20;

/** A program, and what its environment is to have besides. */
export interface GatewayProgram {
  entry: string;
  env: Record<string, string>;
}

let bundle: Promise<GatewayProgram> | undefined;

/**
 * The program as it is shipped, made of the sources as they are at the first call. It starts with half the work that
 * the sources take, and is kept for the next process that asks. What is installed beside a shipped bundle is linked to.
 *
 * @throws Error with what the bundler said.
 */
export function bundledGateway(): Promise<GatewayProgram> {
  bundle ??= openBundle();
  return bundle;
}

async function openBundle(): Promise<GatewayProgram> {
  const dir = join(bundles, hashOfSources());
  if (!existsSync(dir)) await makeBundle(dir);
  const now = new Date();
  utimesSync(dir, now, now);
  // What a gateway has compiled is kept for the next one that starts.
  return { entry: join(dir, "gateway.js"), env: { NODE_COMPILE_CACHE: join(dir, ".compiled") } };
}

/** Two processes may make the same: the first one counts. */
async function makeBundle(dir: string): Promise<void> {
  const draft = `${dir}.${process.pid}`;
  await promisify(execFile)(process.execPath, [join(app, "scripts", "bundle.mjs"), draft]);
  linkInstalled(draft);
  try {
    renameSync(draft, dir);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(dir)) throw error;
  }
  removeUnused();
}

/** Links the packages that would be installed beside the bundle to where this workspace has them. */
function linkInstalled(dir: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const owner = readdirSync(packages).find((owner) =>
      existsSync(join(packages, owner, "node_modules", name)),
    );
    if (owner === undefined) throw new Error(`${name}, which the bundle needs, is not installed`);
    const link = join(dir, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(packages, owner, "node_modules", name), link, "dir");
  }
}

function removeUnused(): void {
  const made = readdirSync(bundles).map((name) => {
    const path = join(bundles, name);
    // Another process may be removing the same.
    return { path, askedFor: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  made.sort((a, b) => b.askedFor - a.askedFor);
  for (const [place, { path, askedFor }] of made.entries()) {
    if (place < mostBundles && Date.now() - askedFor < unusedMs) continue;
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Changes when a file changes that a bundle may be made of. */
function hashOfSources(): string {
  const hash = createHash("sha256");
  const roots = [
    ...["src", "bin", "scripts"].map((folder) => join(app, folder)),
    ...readdirSync(packages).map((name) => join(packages, name, "src")),
  ];
  for (const root of roots.filter((root) => existsSync(root))) {
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith(".test.ts")) continue;
      noteFile(join(entry.parentPath, entry.name));
    }
  }
  noteFile(join(repoRoot, "pnpm-lock.yaml"));
  noteFile(join(app, "package.json"));
  return hash.digest("hex").slice(0, 24);

  function noteFile(path: string): void {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
}
