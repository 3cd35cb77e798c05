import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toOfferedNames } from "./offered-names.ts";

const names = (tools: [string, string][], taken: string[] = []) =>
  toOfferedNames(
    tools.map(([label, tool]) => ({ label, tool })),
    taken,
  );

describe("the names that tools are offered under", () => {
  test("are their own where no other has them", () => {
    expect(
      names([
        ["docs", "search"],
        ["docs", "read"],
      ]),
    ).toEqual(["search", "read"]);
  });

  test("have their servers' labels in front where two servers have the same", () => {
    expect(
      names([
        ["docs", "search"],
        ["wiki", "search"],
        ["wiki", "read"],
      ]),
    ).toEqual(["docs__search", "wiki__search", "read"]);
  });

  test("leave the names of functions to these", () => {
    expect(names([["docs", "search"]], ["search"])).toEqual(["docs__search"]);
    expect(names([["docs", "search"]], ["search", "docs__search"])).toEqual(["docs__search_2"]);
  });

  test("hold what every model server takes", () => {
    expect(
      names([
        ["docs", "files/read.all"],
        ["docs", "é"],
      ]),
    ).toEqual(["files_read_all", "_"]);
    expect(
      names([
        ["docs", "a/b"],
        ["docs", "a.b"],
      ]),
    ).toEqual(["docs__a_b", "docs__a_b_2"]);
  });

  test("keep long labels and long names apart, and are the same each time", () => {
    const [one, two] = ["a".repeat(60), `${"a".repeat(59)}b`];
    const found = names([
      [one, "search"],
      [two, "search"],
      [one, "read"],
      [two, "read"],
    ]);
    expect(new Set(found.map((name) => name.slice(0, 40)))).toEqual(new Set(["a".repeat(40)]));
    // None is told apart by its place in the list.
    expect(
      names([
        [two, "read"],
        [one, "read"],
        [two, "search"],
        [one, "search"],
      ]),
    ).toEqual(found.toReversed());
    const long = "x".repeat(70);
    const twins: [string, string][] = [
      ["docs", `${long}1`],
      ["docs", `${long}2`],
    ];
    expect(names(twins)).toEqual(names(twins.toReversed()).toReversed());
  });

  test("are unique, short and of plain letters for whatever servers list", () => {
    const text = fc.oneof(fc.constantFrom("a", "a/b", "a_b", "x".repeat(80)), fc.string());
    const anyTools = fc.array(fc.tuple(text, text), { maxLength: 20 });
    fc.assert(
      fc.property(anyTools, fc.array(text, { maxLength: 5 }), (tools, taken) => {
        const found = names(tools, taken);
        expect(new Set([...found, ...taken]).size).toBe(found.length + new Set(taken).size);
        for (const name of found) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });
});
