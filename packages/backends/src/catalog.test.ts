import type { ModelBackend, ModelInfo, ModelTurn } from "@gateway/engine";
import { internal } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { type CatalogOptions, openCatalog } from "./catalog.ts";
import { openDemoBackend } from "./demo.ts";

interface FakeBackend extends ModelBackend {
  models: string[] | undefined;
  listings: number;
}

/** A backend with these models; with undefined it cannot be reached. */
function backendOf(name: string, models: string[] | undefined): FakeBackend {
  const unreachable = () =>
    internal(`The backend '${name}' cannot be reached.`, { code: "upstream_unreachable" });
  return {
    name,
    models,
    listings: 0,
    async open() {
      if (this.models === undefined) throw unreachable();
      return (async function* () {})();
    },
    countTokens: async () => ({ tokens: 0, exact: true }),
    contextWindow: async () => undefined,
    async listModels(): Promise<ModelInfo[]> {
      this.listings += 1;
      if (this.models === undefined) throw unreachable();
      return this.models.map((id) => ({ id, object: "model", created: 1, owned_by: name }));
    },
  };
}

function open(backends: FakeBackend[], options: Partial<CatalogOptions> = {}) {
  return openCatalog({ backends: backends.map((backend) => ({ backend })), ...options });
}

const demo = openDemoBackend({ paceMs: 0 });
const idsOf = (models: ModelInfo[]) => models.map(({ id }) => id);
const turnOf = (model: string) => ({ model }) as ModelTurn;
const signal = new AbortController().signal;

describe("a configured model", () => {
  test("goes to its backend, under the name it has there", async () => {
    const one = backendOf("one", []);
    const catalog = open([one, backendOf("two", ["general"])], {
      models: { general: { backends: ["one"], as: "gpt-5" } },
    });
    expect(await catalog.resolve("general")).toEqual({ backend: one, model: "gpt-5" });
  });

  test("goes to the next of its backends when the first is down", async () => {
    const catalog = open([backendOf("one", undefined), backendOf("two", [])], {
      models: { m: { backends: ["one", "two"] } },
    });
    const { backend, model } = await catalog.resolve("m");
    await expect(backend.open(turnOf(model), signal)).resolves.toBeDefined();
  });

  test("has the context window that is configured, and else the smallest of its backends", async () => {
    const backends = [4_096, 2_048].map((window, index) => ({
      ...backendOf(`b${index}`, []),
      contextWindow: async () => window,
    }));
    const both = { backends: ["b0", "b1"] };
    const catalog = open(backends, { models: { told: both, set: { ...both, contextWindow: 1_024 } } });
    const windows = ["told", "set"].map(async (name) => {
      const { backend, model } = await catalog.resolve(name);
      return backend.contextWindow(model, signal);
    });
    expect(await Promise.all(windows)).toEqual([2_048, 1_024]);
    const { backend, model } = await catalog.resolve("set");
    expect(backend.name).toBe("b0,b1");
    expect(await backend.countTokens(turnOf(model), signal)).toEqual({ tokens: 0, exact: true });
    await expect(backend.open(turnOf(model), signal)).resolves.toBeDefined();
    expect(await backend.listModels(signal)).toEqual([]);
  });

  test("must name backends that are there", () => {
    expect(() => open([backendOf("one", [])], { models: { m: { backends: ["tow"] } } })).toThrowError(
      "The model 'm' names the backend 'tow', which is not configured.",
    );
    expect(() => open([backendOf("one", [])], { models: { m: { backends: [] } } })).toThrowError(
      "The model 'm' names no backend.",
    );
  });
});

describe("any other model", () => {
  test("goes to the one backend there is, unseen", async () => {
    const one = backendOf("one", []);
    expect(await open([one]).resolve("whatever")).toEqual({ backend: one, model: "whatever" });
    expect(one.listings).toBe(0);
  });

  test("goes to the backend that lists it", async () => {
    const two = backendOf("two", ["b"]);
    expect(await open([backendOf("one", ["a"]), two]).resolve("b")).toEqual({ backend: two, model: "b" });
  });

  test("may leave out the tag that Ollama adds", async () => {
    const two = backendOf("two", ["llama3.2:latest"]);
    expect(await open([backendOf("one", ["a"]), two]).resolve("llama3.2")).toEqual({
      backend: two,
      model: "llama3.2",
    });
  });

  test("that several backends list has them all", async () => {
    const route = await open([
      backendOf("one", ["a"]),
      backendOf("two", undefined),
      backendOf("three", ["a"]),
    ]).resolve("a");
    expect(route.backend.name).toBe("one,three");
  });

  test("that none lists goes to the default backend, if there is one", async () => {
    const one = backendOf("one", ["a"]);
    expect(await open([one, backendOf("two", ["b"])], { defaultBackend: "one" }).resolve("x")).toEqual({
      backend: one,
      model: "x",
    });
    expect(() => open([one], { defaultBackend: "two" })).toThrowError("which is not configured");
  });

  test("that none lists does not exist, and the error says where it was looked for", async () => {
    await expect(
      open([backendOf("one", ["a"]), backendOf("two", undefined)]).resolve("x"),
    ).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      message:
        "The model 'x' does not exist: none of the backends lists it. Looked at: one, two (does not answer).",
    });
  });

  test("does not exist where there is no backend at all", async () => {
    await expect(open([], { demo }).resolve("x")).rejects.toMatchObject({
      status: 404,
      message:
        "The model 'x' does not exist: no backend is configured. Set OPENAI_BASE_URL, or start Ollama; 'demo' is built in.",
    });
  });
});

describe("lists of models", () => {
  test("are remembered, and asked for once by many at the same time", async () => {
    let now = 0;
    const one = backendOf("one", ["a"]);
    const catalog = open([one, backendOf("two", ["b"])], { now: () => now, listAge: 10_000 });
    await Promise.all(Array.from({ length: 20 }, () => catalog.resolve("a")));
    expect(one.listings).toBe(1);
    now = 9_999;
    await catalog.resolve("a");
    expect(one.listings).toBe(1);
    now = 10_001;
    await catalog.list();
    expect(one.listings).toBe(2);
  });

  test("are read again for a model that is new, but not more than once a second", async () => {
    let now = 0;
    const one = backendOf("one", ["a"]);
    const catalog = open([one, backendOf("two", ["b"])], { now: () => now });
    await catalog.resolve("a");
    one.models = ["a", "new"];
    now = 500;
    await expect(catalog.resolve("new")).rejects.toMatchObject({ status: 404 });
    now = 1_001;
    await expect(catalog.resolve("new")).resolves.toMatchObject({ model: "new" });
    expect(one.listings).toBe(2);
  });

  test("of a backend that is back are read within a second", async () => {
    let now = 0;
    const one = backendOf("one", undefined);
    const catalog = open([one, backendOf("two", ["b"])], { now: () => now });
    expect(idsOf(await catalog.list())).toEqual(["b"]);
    one.models = ["a"];
    now = 1_001;
    expect(idsOf(await catalog.list())).toEqual(["a", "b"]);
  });

  test("are joined with the configured names, sorted, each once", async () => {
    const catalog = open([backendOf("one", ["b", "a"]), backendOf("two", ["a", "c"])], {
      models: { general: { backends: ["two"], as: "c" }, a: { backends: ["two"] } },
      demo,
    });
    const models = await catalog.list();
    expect(idsOf(models)).toEqual(["a", "b", "c", "general"]);
    expect(models[0]).toMatchObject({ id: "a", object: "model", owned_by: "two" });
  });
});

describe("a backend that nobody configured", () => {
  const implicit = (ollama: FakeBackend) =>
    openCatalog({ backends: [{ backend: ollama, implicit: { url: "http://127.0.0.1:11434" } }], demo });

  test("serves while it is there, and the demo is not listed", async () => {
    const catalog = implicit(backendOf("ollama", ["llama3.2:3b"]));
    const { backend, model } = await catalog.resolve("llama3.2:3b");
    expect(backend.name).toBe("ollama");
    await expect(backend.open(turnOf(model), signal)).resolves.toBeDefined();
    expect(idsOf(await catalog.list())).toEqual(["llama3.2:3b"]);
  });

  test("makes a model not exist while it is not there, and the error says what to do", async () => {
    const { backend, model } = await implicit(backendOf("ollama", undefined)).resolve("x");
    await expect(backend.open(turnOf(model), signal)).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      message:
        "The model 'x' does not exist: no backend is configured and no Ollama answered at http://127.0.0.1:11434. Set OPENAI_BASE_URL, or start Ollama; 'demo' is built in.",
    });
  });

  test("leaves the list to the demo while it is not there", async () => {
    const catalog = implicit(backendOf("ollama", undefined));
    expect(idsOf(await catalog.list())).toEqual(["demo"]);
    expect(await catalog.resolve("demo")).toEqual({ backend: demo, model: "demo" });
  });
});

test("the demo alone is listed and served", async () => {
  const catalog = open([], { demo });
  expect(idsOf(await catalog.list())).toEqual(["demo"]);
  expect(await catalog.resolve("demo")).toEqual({ backend: demo, model: "demo" });
});
