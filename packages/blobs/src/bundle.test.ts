import { join } from "node:path";
import { cleanEnv, startChild, tempDir } from "@gateway/testkit";
import { build } from "esbuild";
import { startFauxqs } from "fauxqs";
import { afterAll, expect, onTestFinished, test } from "vitest";

const dir = tempDir();
afterAll(() => dir.remove());

const program = `
import { openDirectoryBlobs, openS3Blobs } from "./src/index.ts";
const [dir, spoolDir, endpoint] = process.argv.slice(2);
const account = { bucket: "files", region: "us-east-1", accessKeyId: "key", secretAccessKey: "secret" };
const read = [];
for (const store of [await openDirectoryBlobs({ dir }), await openS3Blobs({ endpoint, spoolDir, ...account })]) {
  const received = await store.receive(new Blob(["hello"]).stream(), 5);
  await received.keep();
  read.push(await new Response(await store.read(received.hash, { start: 1, end: 3 })).text());
  await store.delete(received.hash);
  await store.close();
}
console.log(JSON.stringify(read));
`;

test("both stores work in a minified bundle that has nothing beside it", async () => {
  const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  onTestFinished(() => server.stop());
  server.createBucket("files");
  const outfile = dir.join("bundle.mjs");
  await build({
    stdin: { contents: program, resolveDir: join(import.meta.dirname, ".."), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    minify: true,
    keepNames: true,
    // undici is CommonJS and asks for Node's own modules; what ships has the same line.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    outfile,
    logLevel: "error",
  });
  const args = [outfile, dir.join("files"), dir.join("spool"), `http://127.0.0.1:${server.port}`];
  const child = await startChild({ command: process.execPath, args, env: cleanEnv(), input: "" });
  expect({ ...(await child.exited), output: child.output() }).toMatchObject({ code: 0 });
  expect(JSON.parse(child.stdout())).toEqual(["ell", "ell"]);
});
