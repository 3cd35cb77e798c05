import { describe, expect, test } from "vitest";
import { toFilename } from "./filename.ts";

describe("the name of a file", () => {
  test.for([
    ["a.txt", "a.txt"],
    [" 日本 .txt ", "日本 .txt"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\x\\a.txt", "a.txt"],
    ["dir/", "unnamed"],
    ["..", "unnamed"],
    ["", "unnamed"],
    [undefined, "unnamed"],
    ["a\ud800b", "a\ufffdb"],
  ] as const)("%s is kept as %s", ([sent, kept]) => {
    expect(toFilename(sent, "file")).toBe(kept);
  });

  test.for(["a\0.txt", "a\nb", "a\u0085b", "x".repeat(513)])("%j is a 422", (name) => {
    expect(() => toFilename(name, "file")).toThrow(expect.objectContaining({ status: 422, param: "file" }));
  });
});
