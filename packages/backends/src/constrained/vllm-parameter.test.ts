import { expect, test } from "vitest";
import { vllmParameter } from "./vllm-parameter.ts";

test.each([
  [undefined, "structured_outputs"],
  [{ major: 1, minor: 0 }, "structured_outputs"],
  [{ major: 0, minor: 11 }, "structured_outputs"],
  [{ major: 0, minor: 10 }, "guided_grammar"],
  [{ major: 0, minor: 8 }, "guided_grammar"],
  [{ major: 0, minor: 7 }, undefined],
])("vLLM %j takes a grammar as %s", (release, parameter) => {
  expect(vllmParameter(release)).toBe(parameter);
});
