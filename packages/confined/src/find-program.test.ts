import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tempDir } from "@gateway/testkit";
import { expect, test } from "vitest";
import { findProgram, packagesAbove } from "./find-program.ts";

const dir = tempDir();

test("a program is found beside the main file, above a chunk, and in the source", () => {
  const dist = dir.join("dist");
  mkdirSync(dist);
  writeFileSync(join(dist, "reader.js"), "");
  const found = { file: join(dist, "reader.js"), directory: dist, bundled: true };
  const from = (...path: string[]) => pathToFileURL(join(...path)).href;
  expect(findProgram("reader", "./x/reader.ts", from(dist, "main.js"))).toEqual(found);
  expect(findProgram("reader", "./x/reader.ts", from(dist, "chunks", "open.js"))).toEqual(found);
  expect(findProgram("reader", "./x/reader.ts", from(dir.path, "src", "open.ts"))).toEqual({
    file: dir.join("src", "x", "reader.ts"),
    directory: dir.join("src", "x"),
    bundled: false,
  });
});

test("packages are those of every directory above the program's", () => {
  const source = dir.join("app", "src");
  mkdirSync(source, { recursive: true });
  mkdirSync(dir.join("app", "node_modules"));
  mkdirSync(dir.join("node_modules"));
  expect(packagesAbove(source).slice(0, 2)).toEqual([
    dir.join("app", "node_modules"),
    dir.join("node_modules"),
  ]);
});
