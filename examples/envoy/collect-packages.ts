import { cpSync, existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** What of a package only its compiler reads, or other systems do: most of its size. */
const notForRunning: Readonly<Record<string, RegExp>> = {
  "better-sqlite3": /^(deps|src|binding\.gyp|prebuilds\/(?!linux-).+)$/,
};

/** A package of headers for compilers, which is named as if it were needed to run. */
const onlyForCompilers = new Set(["node-addon-api"]);

/**
 * Copies the packages that `app/package.json` names, and those that they need in turn, to `app/node_modules`: one
 * directory each, without links, as they are installed in the workspace. Optional ones that are not installed (the
 * builds for other systems) are left out. Returns the version of each by its name.
 *
 * @throws {Error} when a package is not installed, has not the version that is named, or is needed in two versions.
 */
export function collectPackages(workspace: string, app: string): Map<string, string> {
  const collected = new Map<string, string>();
  const collect = (name: string, source: string): void => {
    const { version, dependencies = {}, optionalDependencies = {} } = readManifest(source);
    const there = collected.get(name);
    if (there === version) return;
    if (there !== undefined) throw new Error(`${name} is needed as ${there} and as ${version}`);
    collected.set(name, version);
    const left = notForRunning[name];
    cpSync(source, join(app, "node_modules", name), {
      recursive: true,
      dereference: true,
      filter: (path) => {
        const inside = relative(source, path).replaceAll(sep, "/");
        return !inside.startsWith("node_modules") && left?.test(inside) !== true;
      },
    });
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (onlyForCompilers.has(needed)) continue;
      const found = packageSeenFrom(source, needed);
      if (found !== undefined) collect(needed, found);
      else if (!(needed in optionalDependencies))
        throw new Error(`${name} needs ${needed}, which is not installed`);
    }
  };

  for (const [name, version] of Object.entries(readManifest(app).dependencies ?? {})) {
    const [owner] = globSync(join(workspace, "packages", "*", "node_modules", name, "package.json"));
    if (owner === undefined) throw new Error(`No package of the workspace has ${name} installed`);
    collect(name, realpathSync(join(owner, "..")));
    const installed = collected.get(name);
    if (installed !== version) throw new Error(`${name} is ${installed}, the bundle was made for ${version}`);
  }
  return collected;
}

/** Where Node would find a package for a module of another package, by the directory of that. */
function packageSeenFrom(asker: string, name: string): string | undefined {
  const places = createRequire(join(asker, "package.json")).resolve.paths(name) ?? [];
  const found = places
    .map((place) => join(place, name))
    .find((directory) => existsSync(join(directory, "package.json")));
  return found === undefined ? undefined : realpathSync(found);
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

if (import.meta.main) {
  const [app] = process.argv.slice(2);
  if (app === undefined) {
    process.stderr.write("usage: node examples/envoy/collect-packages.ts DIRECTORY OF THE BUNDLE\n");
    process.exitCode = 2;
  } else {
    for (const [name, version] of collectPackages(process.cwd(), app)) {
      process.stdout.write(`${name} ${version}\n`);
    }
  }
}
