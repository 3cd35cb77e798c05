import { expect, test } from "vitest";
import { type MemoryFiles, WatchedFiles } from "./changed-files.ts";

const file = 1;
const directory = 2;

/** A directory `/r` of files; what stands for an Error cannot be read. */
function filesOf(contents: Map<string, string | Error>): MemoryFiles {
  const found = (path: string) => {
    const content = contents.get(path.slice("/r/".length));
    if (content === undefined) throw new Error("not there");
    return content;
  };
  const sizeOf = (path: string) => {
    if (path === "/r") return 0;
    const content = found(path);
    return content instanceof Error ? 0 : content.length;
  };
  return {
    readdir: () => [".", "..", ...contents.keys()],
    lstat: (path) => ({ mode: path === "/r" ? directory : file, size: sizeOf(path) }),
    readFile(path) {
      const content = found(path);
      if (content instanceof Error) throw content;
      return new TextEncoder().encode(content);
    },
    isDir: (mode) => mode === directory,
    isFile: (mode) => mode === file,
  };
}

test("a file that cannot be read is named, not taken for removed, and hinders no other", () => {
  const contents = new Map<string, string | Error>([
    ["a", "1"],
    ["b", "1"],
  ]);
  const watched = new WatchedFiles(filesOf(contents), "/r");
  watched.learn(10);
  contents.set("a", new Error("no")).set("b", "2");
  expect(watched.takeChanges()).toEqual({ changed: ["b"], removed: [], unreadable: ["a"] });
  contents.delete("a");
  expect(watched.takeChanges()).toEqual({ changed: [], removed: ["a"], unreadable: [] });
});

test("files beyond those that are looked at are not taken for removed", () => {
  const contents = new Map<string, string>([["z", "1"]]);
  const watched = new WatchedFiles(filesOf(contents), "/r");
  watched.learn(10);
  for (let count = 0; count < 10_001; count++) contents.set(`f${count}`, "");
  expect(watched.takeChanges().removed).toEqual([]);
  contents.delete("z");
  expect(watched.takeChanges().removed).toEqual(["z"]);
});

test("files that are too large to be handed over are not read", () => {
  const contents = new Map([["large", "x".repeat(11)]]);
  const files = filesOf(contents);
  const read: string[] = [];
  const watched = new WatchedFiles(
    {
      ...files,
      readFile(path) {
        read.push(path);
        return files.readFile(path);
      },
    },
    "/r",
  );
  watched.learn(10);
  expect(watched.takeChanges().changed).toEqual([]);
  contents.set("large", "x".repeat(12)).set("small", "x");
  expect(watched.takeChanges().changed).toEqual(["large", "small"]);
  expect(read).toEqual(["/r/small"]);
});
