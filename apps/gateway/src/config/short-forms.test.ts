import { describe, expect, test } from "vitest";
import { Settings } from "./settings.ts";
import { expandShortForms } from "./short-forms.ts";

/** Expands a file's content; every key is placed at its own path, so that moved places can be seen. */
function expand(content: Record<string, unknown>): { root: unknown; settings: Settings } {
  const settings = new Settings();
  const mark = (value: unknown, path: (string | number)[]): void => {
    if (path.length > 0) settings.mark(path, path.join("."));
    if (Array.isArray(value)) for (const [i, item] of value.entries()) mark(item, [...path, i]);
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) mark(item, [...path, key]);
    }
  };
  for (const [key, value] of Object.entries(content)) settings.set([key], value, key);
  mark(content, []);
  expect(expandShortForms(settings)).toEqual([]);
  return { root: settings.root, settings };
}

describe("a short form is read as what it stands for", () => {
  test.for([
    [{ extproc: { port: 10_000 } }, { extproc: { listen: "127.0.0.1:10000" } }],
    [{ extproc: { port: "10000" } }, { extproc: { listen: "127.0.0.1:10000" } }],
    [
      { engine: { model_endpoint: "http://ollama:11434/v1" } },
      { backends: { default: { url: "http://ollama:11434/v1" } } },
    ],
    [{ listen: ":8080" }, { http: { listen: ":8080" } }],
    [
      { health_check: { interval: "10s", path: "/health" } },
      { health: { interval: "10s", path: "/health" } },
    ],
    [
      { backends: [{ url: "http://a" }, { url: "http://b", weight: 5 }] },
      { backends: { "backend-1": { url: "http://a" }, "backend-2": { url: "http://b", weight: 5 } } },
    ],
  ] as const)("case %#", ([content, expected]) => {
    expect(expand(structuredClone(content)).root).toEqual(expected);
  });
});

test("an unknown key beside a short form stays, to be reported", () => {
  expect(expand({ engine: { model_endpoint: "http://a", pool: 3 } }).root).toEqual({
    engine: { pool: 3 },
    backends: { default: { url: "http://a" } },
  });
});

test("the places move along", () => {
  const { settings } = expand({
    health_check: { path: "/h" },
    backends: [{ url: "http://a" }],
    extproc: { port: 1 },
  });
  expect(settings.placeOf(["health", "path"])).toBe("health_check.path");
  expect(settings.placeOf(["backends", "backend-1", "url"])).toBe("backends.0.url");
  expect(settings.placeOf(["extproc", "listen"])).toBe("extproc.port");
});
