import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freeName, toFlatName } from "./flat-name.ts";
import { openClientTools } from "./open-client-tools.ts";

const name = fc.string({
  unit: fc.constantFrom("a", "b", "_", "-", ".", "Z", "9"),
  minLength: 1,
  maxLength: 128,
});

describe("the name of a tool in a namespace", () => {
  test("is that of both", () => {
    expect(toFlatName("crm", "find")).toBe("crm__find");
    expect(toFlatName("mcp__files__", "read")).toBe("mcp__files__read");
    expect(toFlatName("a.b", "c")).toBe("a_b__c");
  });

  test("is legal everywhere and always the same", () => {
    fc.assert(
      fc.property(name, name, (space, tool) => {
        const flat = toFlatName(space, tool);
        expect(flat).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(toFlatName(space, tool)).toBe(flat);
      }),
    );
  });

  test("is its own among all that are offered, and leads back to it", () => {
    const spaces = fc.uniqueArray(fc.tuple(name, fc.uniqueArray(name, { minLength: 1, maxLength: 4 })), {
      maxLength: 5,
      selector: ([space]) => space,
    });
    fc.assert(
      fc.property(spaces, fc.uniqueArray(name, { maxLength: 3 }), (namespaces, functions) => {
        const { clients: offered } = openClientTools(
          {
            found: new Set(),
            wanted: [],
            searches: false,
            tools: [
              ...functions.map((own) => ({
                declared: { type: "function" as const, name: own },
                param: "tools[0]",
              })),
              ...namespaces.map(([space, tools]) => ({
                declared: {
                  type: "namespace" as const,
                  name: space,
                  tools: tools.map((tool) => ({ type: "function" as const, name: tool })),
                },
                param: "tools[0]",
              })),
            ],
          },
          () => {},
        );
        const told = [...offered].map(([own, tool]) => {
          expect(tool.definition.name).toBe(own);
          if (tool.namespace !== undefined) expect(own).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
          return JSON.stringify([tool.namespace ?? null, tool.name]);
        });
        const declared = [
          ...functions.map((own) => JSON.stringify([null, own])),
          ...namespaces.flatMap(([space, tools]) => tools.map((tool) => JSON.stringify([space, tool]))),
        ];
        expect(told.toSorted()).toEqual(declared.toSorted());
      }),
    );
  });

  test("keeps within its length where it is taken", () => {
    const long = "a".repeat(64);
    expect(freeName(long, new Set([long]))).toBe(`${"a".repeat(62)}_2`);
    expect(freeName("a", new Set(["a", "a_2"]))).toBe("a_3");
  });
});
