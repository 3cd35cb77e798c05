import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, startChild } from "@gateway/testkit";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const source = join(import.meta.dirname, "..");
// Below node_modules, from where the packages that are not bundled are found, and out of version control.
const cache = join(source, "..", "node_modules", ".cache");
let folder = "";

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "bundle-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = `
const { openSearchIndex } = await import(${JSON.stringify(join(source, "index.ts"))});
const index = openSearchIndex({ path: process.argv[2] });
await index.begin({ document: 1, store: 1, attributes: {}, model: "m" });
await index.append(1, [{ text: "apple pie", start: 0, vector: Float32Array.of(1, 0) }]);
await index.seal(1);
const query = { text: "apples", vector: Float32Array.of(2, 0) };
const weights = { embedding: 1, text: 1 };
const hits = await index.search({ stores: [1], queries: [query], model: "m", filter: undefined, limit: 3, weights });
console.log(JSON.stringify({ hits, from: import.meta.url.split("/").at(-1) }));
await index.close();
`;

describe("the index in a bundle with chunks", () => {
  test("starts its threads from the bundle and searches", async () => {
    writeFileSync(join(folder, "program.mjs"), program);
    const dist = join(folder, "dist");
    await build({
      entryPoints: {
        main: join(folder, "program.mjs"),
        "index-thread": join(source, "thread", "index-thread.ts"),
      },
      outdir: dist,
      chunkNames: "chunks/[name]-[hash]",
      bundle: true,
      splitting: true,
      platform: "node",
      target: "node24",
      format: "esm",
      external: ["better-sqlite3", "sqlite-vec"],
      logLevel: "silent",
      banner: {
        js: [
          'import { createRequire as createRequireOfBundle } from "node:module";',
          "const require = createRequireOfBundle(import.meta.url);",
          "const __filename = import.meta.filename;",
          "const __dirname = import.meta.dirname;",
        ].join("\n"),
      },
    });
    const child = await startChild({
      command: process.execPath,
      // Without types being stripped, no source file can be what runs.
      args: ["--no-strip-types", join(dist, "main.js"), join(folder, "index.db")],
      env: cleanEnv(),
    });
    await child.exited;
    expect(child.stderr()).toBe("");
    expect(JSON.parse(child.stdout())).toEqual({
      hits: [{ document: 1, ordinal: 0, text: "apple pie", score: 1 }],
      from: "main.js",
    });
  });
});
