import { describe, expect, test } from "vitest";
import { toOllamaUrl } from "./ollama-url.ts";

describe("where Ollama is", () => {
  test.each([
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
    expect(toOllamaUrl(value)).toBe(url);
  });

  test.each(["ftp://box", "box:port", "a b"])("OLLAMA_HOST %j is left for the check to refuse", (value) => {
    expect(toOllamaUrl(value)).toBe(value);
  });
});
