import { expect, test } from "vitest";
import { toOllamaUrl } from "./from-environment.ts";

test.for([
  ["127.0.0.1", "http://127.0.0.1:11434/v1"],
  ["0.0.0.0:11434", "http://127.0.0.1:11434/v1"],
  ["0.0.0.0", "http://127.0.0.1:11434/v1"],
  ["[::]:11434", "http://127.0.0.1:11434/v1"],
  ["box:9000", "http://box:9000/v1"],
  ["http://box:9000/", "http://box:9000/v1"],
  ["https://ollama.example.com", "https://ollama.example.com/v1"],
] as const)("OLLAMA_HOST %s is asked at %s", ([host, url]) => {
  expect(toOllamaUrl(host)).toBe(url);
});
