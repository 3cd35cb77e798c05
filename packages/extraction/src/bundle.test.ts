import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, type RunningChild, startChild, tempDir, waitFor } from "@gateway/testkit";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { makeDocx, wordParagraph } from "./samples/office.ts";
import { makePdf } from "./samples/pdf.ts";

const dir = tempDir();
const source = import.meta.dirname;
const files = { pdf: dir.join("a.pdf"), docx: dir.join("a.docx"), long: dir.join("long.pdf") };

/** Extracts the files it is given one after the other, by a module that is in a chunk, as in the gateway's bundle. */
const program = `
import { readFileSync } from "node:fs";
const { openTextExtractor } = await import(${JSON.stringify(join(source, "index.ts"))});
const extractor = openTextExtractor();
const texts: string[] = [];
for (const filename of process.argv.slice(2)) {
  const bytes = readFileSync(filename);
  const open = async () => (async function* () { yield bytes; })();
  texts.push(await extractor.extract({ filename, bytes: bytes.length, open }, new AbortController().signal));
}
console.log(JSON.stringify(texts));
`;

beforeAll(async () => {
  writeFileSync(files.pdf, makePdf(["one", "two"]));
  writeFileSync(files.docx, makeDocx(wordParagraph("Grüße")));
  writeFileSync(files.long, makePdf(Array.from({ length: 10_000 }, () => "page")));
  writeFileSync(dir.join("program.ts"), program);
  writeFileSync(dir.join("package.json"), '{ "type": "module" }\n');
  await build({
    entryPoints: { main: dir.join("program.ts"), "extract-process": join(source, "extract-process.ts") },
    outdir: dir.join("dist"),
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    external: ["better-sqlite3"],
    logLevel: "error",
  });
});

function run(...names: string[]): Promise<RunningChild> {
  const args = [dir.join("dist", "main.js"), ...names];
  return startChild({ command: process.execPath, args, env: cleanEnv(), input: "" });
}

/** The extraction processes that run out of this test's bundle. */
function extractionProcesses(): number[] {
  return readdirSync("/proc").flatMap((name) => {
    const file = `/proc/${name}/cmdline`;
    const command = /^\d+$/.test(name) && existsSync(file) ? readFileSync(file, "utf8").split("\0") : [];
    return command.includes(dir.join("dist", "extract-process.js")) ? [Number(name)] : [];
  });
}

test("a bundle reads a PDF and a DOCX, and ends by itself though the extractor was not closed", async () => {
  const child = await run(files.pdf, files.docx);
  expect({ ...(await child.exited), output: child.output() }).toMatchObject({ code: 0 });
  expect(JSON.parse(child.stdout())).toEqual(["one\n\ntwo", "Grüße"]);
  await waitFor(() => extractionProcesses().length === 0, { what: "the extraction process to end" });
});

test("a process that is busy ends when the gateway is killed", async () => {
  const child = await run(files.long);
  await waitFor(() => extractionProcesses().length === 1, { what: "the extraction process to start" });
  await child.end("SIGKILL");
  await waitFor(() => extractionProcesses().length === 0, { what: "the extraction process to end" });
});
