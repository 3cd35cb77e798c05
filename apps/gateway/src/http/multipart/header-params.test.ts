import { describe, expect, test } from "vitest";
import { parseHeaderWithParams } from "./header-params.ts";

describe("a header with parameters", () => {
  test.for([
    ["text/plain", "text/plain", {}],
    ['Multipart/Form-Data; Boundary="a b"', "multipart/form-data", { boundary: "a b" }],
    ["a;b=1;c=2", "a", { b: "1", c: "2" }],
    ["a; b=;", "a", { b: "" }],
    ["a; b*=UTF-8''%E2%82%AC", "a", { b: "€" }],
    ["a; b*=iso-8859-1''%E9", "a", {}],
  ] as const)("%s", ([text, value, params]) => {
    const parsed = parseHeaderWithParams(text);
    expect([parsed?.value, Object.fromEntries(parsed?.params ?? [])]).toEqual([value, params]);
  });

  test.for(["", "; a=b", "a; b", 'a; b="open', "a; b=1; b=2", "a; =1"])("%s is none", (text) => {
    expect(parseHeaderWithParams(text)).toBeUndefined();
  });

  test("a long one without end is read in one go", () => {
    expect(parseHeaderWithParams(`a; b="${"\\".repeat(100_000)}`)).toBeUndefined();
    expect(parseHeaderWithParams(`a${";".repeat(100_000)}x`)).toBeUndefined();
  });
});
