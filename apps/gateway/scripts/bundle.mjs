// Bundles the process for shipping: dist/gateway.js checks the version of Node, dist/main.js is everything else,
// with a source map. Only better-sqlite3, which is native, has to be installed beside them. They are two files
// because Node reads all of a file before it runs any: an older one would fail on the syntax, not on the check.
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const app = join(import.meta.dirname, "..");
const dist = join(app, "dist");

await rm(dist, { recursive: true, force: true });
const { warnings } = await build({
  entryPoints: [join(app, "src", "cli", "main.ts")],
  outfile: join(dist, "main.js"),
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  external: ["better-sqlite3"],
  sourcemap: true,
  sourcesContent: false,
  legalComments: "external",
  logLevel: "warning",
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
const bundled = entry.replace('"../src/cli/main.ts"', '"./main.js"');
if (bundled === entry) throw new Error("bin/gateway.js no longer imports ../src/cli/main.ts");
await writeFile(join(dist, "gateway.js"), bundled, { mode: 0o755 });
// Node looks here for the kind of module that the files are.
await writeFile(join(dist, "package.json"), '{ "type": "module" }\n');
await copyFile(join(app, "..", "..", "LICENSE"), join(dist, "LICENSE"));
if (warnings.length > 0) process.exitCode = 1;
