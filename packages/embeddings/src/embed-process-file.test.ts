import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEmbedProcess } from "./embed-process-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "embed-process-"));
  await mkdir(join(dir, "chunks"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("the source's program is found from the source", () => {
  expect(findEmbedProcess()).toMatch(/src[/\\]embed-process\.ts$/);
});

test.each(["main.js", "chunks/part.js"])("the bundled program is found from %s", async (place) => {
  const file = join(dir, "embed-process.js");
  await writeFile(file, "");
  expect(findEmbedProcess(pathToFileURL(join(dir, place)).href)).toBe(file);
});

test("a missing program is told with the places that were looked at", () => {
  expect(() => findEmbedProcess(pathToFileURL(join(dir, "main.js")).href)).toThrow(
    /missing.*embed-process\.js/,
  );
});
