import { expect, test } from "vitest";
import { suggest } from "./suggest.ts";

const keys = ["http", "extproc", "log", "store", "backends", "timeout", "max_body"];

test.for([
  ["htpp", "http"],
  ["htt", "http"],
  ["LOG", "log"],
  ["bakends", "backends"],
  ["backend", "backends"],
  ["tiemout", "timeout"],
  ["maxbody", "max_body"],
] as const)("%s probably means %s", ([word, meant]) => {
  expect(suggest(word, keys)).toBe(meant);
});

test.for(["", "x", "proxy", "routing", "lag_time"])("%j resembles nothing", (word) => {
  expect(suggest(word, keys)).toBeUndefined();
});

test("the nearest of several wins", () => {
  expect(suggest("stroe", ["stores", "store"])).toBe("store");
});
