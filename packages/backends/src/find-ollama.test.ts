import { hang, startScriptedBackend } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { findOllama, ollamaUrl } from "./find-ollama.ts";

describe("where Ollama is", () => {
  test.each([
    [undefined, "http://127.0.0.1:11434/v1"],
    ["", "http://127.0.0.1:11434/v1"],
    ["box", "http://box:11434/v1"],
    ["box:80", "http://box/v1"],
    ["10.0.0.5:8000", "http://10.0.0.5:8000/v1"],
    [":9000", "http://127.0.0.1:9000/v1"],
    ["0.0.0.0", "http://127.0.0.1:11434/v1"],
    ["0.0.0.0:9000", "http://127.0.0.1:9000/v1"],
    ["::1", "http://[::1]:11434/v1"],
    ["[::]:9000", "http://[::1]:9000/v1"],
    ["http://box", "http://box/v1"],
    ["https://box.example", "https://box.example/v1"],
    ["https://box.example:444/ollama/", "https://box.example:444/ollama/v1"],
    ["box/ollama", "http://box:11434/ollama/v1"],
    [' "box:7" ', "http://box:7/v1"],
  ])("OLLAMA_HOST %j means %s", (value, url) => {
    expect(ollamaUrl({ OLLAMA_HOST: value })).toBe(url);
  });

  test.each(["ftp://box", "box:port", "a b"])("OLLAMA_HOST %j cannot be read", (value) => {
    expect(() => ollamaUrl({ OLLAMA_HOST: value })).toThrowError(`OLLAMA_HOST is '${value}'`);
  });
});

describe("looking for Ollama", () => {
  test("finds its models", async () => {
    await using server = await startScriptedBackend({ models: ["llama3.2:3b"] });
    const found = await findOllama({ env: { OLLAMA_HOST: `127.0.0.1:${server.port}` }, timeoutMs: 5_000 });
    expect(found).toMatchObject({ url: server.url, models: [{ id: "llama3.2:3b" }] });
  });

  test("finds nothing where nothing listens", async () => {
    const server = await startScriptedBackend();
    await server.stop();
    expect(await findOllama({ env: { OLLAMA_HOST: `127.0.0.1:${server.port}` } })).toEqual({
      url: server.url,
      models: undefined,
    });
  });

  test("does not wait for a server that does not answer", async () => {
    await using server = await startScriptedBackend();
    server.setModelsScript(hang());
    const found = await findOllama({ env: { OLLAMA_HOST: `127.0.0.1:${server.port}` }, timeoutMs: 30 });
    expect(found.models).toBeUndefined();
  });
});
