// Bundles the process for shipping: dist/gateway.js checks the version of Node, dist/main.js and its chunks are
// everything else, with source maps. Only better-sqlite3, which is native, has to be installed beside them.
// The entry stands alone because Node reads all of a file before it runs any: an older one would fail on the
// syntax, not on the check. There are chunks so that `healthcheck`, which containers run every few seconds,
// does not load the server.
//
//   node scripts/bundle.mjs [DIRECTORY]    default: dist beside this folder; emptied first
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const app = join(import.meta.dirname, "..");
const root = join(app, "..", "..");
const dist = resolve(process.argv[2] ?? join(app, "dist"));

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [join(app, "src", "cli", "main.ts")],
  outdir: dist,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  external: ["better-sqlite3"],
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
// Node looks here for the kind of module that the files are.
await writeFile(join(dist, "package.json"), '{ "type": "module" }\n');
await copyFile(join(root, "LICENSE"), join(dist, "LICENSE"));
await writeFile(join(dist, "THIRD-PARTY.txt"), await thirdPartyLicences(Object.keys(metafile.inputs)));

/** The licence of every package that a file of the bundle came from, as these licences ask for. */
async function thirdPartyLicences(inputs) {
  const packages = new Set(
    inputs.flatMap((input) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const notices = [...packages].sort().map(async (directory) => {
    const { name, version, license } = JSON.parse(
      await readFile(join(root, directory, "package.json"), "utf8"),
    );
    const files = await readdir(join(root, directory));
    const texts = files.filter(
      (file) => /^(licen[cs]e|notice|copying)/i.test(file) && existsSync(join(root, directory, file)),
    );
    const contents = await Promise.all(texts.map((file) => readFile(join(root, directory, file), "utf8")));
    return `${name} ${version} (${license})\n\n${contents.join("\n").trim()}\n`;
  });
  return (await Promise.all(notices)).join(`\n${"-".repeat(80)}\n\n`);
}
