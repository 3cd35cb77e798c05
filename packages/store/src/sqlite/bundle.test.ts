import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cleanEnv, startChild, tempDir } from "@gateway/testkit";
import { build } from "esbuild";
import { expect, test } from "vitest";

const dir = tempDir();

/** Uses what may get lost in a bundle: the migrations, the native module, the thread's program. */
const program = `
import { openStore } from "./src/index.ts";
const problems = [];
const store = openStore({ path: process.argv[2], checkpointIntervalMs: 1, onProblem: (e) => problems.push(String(e)) });
const conversation = { id: "conv_1", object: "conversation", created_at: 1, metadata: {} };
await store.conversations.create("acme", conversation, []);
const check = await store.check("full");
await store.backup(process.argv[3]);
await store.close();
console.log(JSON.stringify({ check, problems }));
`;

test("the store and its thread work in a minified bundle", async () => {
  const require = createRequire(import.meta.url);
  const sqlite = realpathSync(dirname(require.resolve("better-sqlite3/package.json")));
  mkdirSync(dir.join("node_modules"));
  symlinkSync(sqlite, dir.join("node_modules", "better-sqlite3"));
  const outfile = dir.join("bundle.mjs");
  await build({
    stdin: { contents: program, resolveDir: join(import.meta.dirname, "..", ".."), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    minify: true,
    keepNames: true,
    external: ["better-sqlite3"],
    outfile,
    logLevel: "error",
  });
  const args = [outfile, dir.join("data", "gateway.db"), dir.join("backup.db")];
  const child = await startChild({ command: process.execPath, args, env: cleanEnv(), input: "" });
  expect({ ...(await child.exited), output: child.output() }).toMatchObject({ code: 0 });
  expect(JSON.parse(child.stdout())).toEqual({ check: { ok: true, problems: [] }, problems: [] });
});
