// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "@gateway/testkit";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { renderConfigDocs } from "./config-docs.ts";
import { type JsonSchema, toJsonSchema } from "./json-schema.ts";
import { loadConfig } from "./load-config.ts";

const committed = join(import.meta.dirname, "..", "..", "..", "..", "docs", "configuration.md");

describe("docs/configuration.md", () => {
  test("is what scripts/write-config-docs.ts would write", () => {
    expect(readFileSync(committed, "utf8")).toBe(renderConfigDocs());
  });

  test("opens with an example that works", () => {
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(renderConfigDocs()) ?? [];
    using dir = tempDir();
    writeFileSync(dir.join("gateway.yaml"), example);
    const { config } = loadConfig({ env: { OPENAI_API_KEY: "sk-1" }, cwd: dir.path });
    expect(config.models.fast).toEqual({ backends: ["ollama"], as: "llama3.2:3b" });
  });
});

describe("the JSON Schema", () => {
  const validate = new Ajv2020({ strict: false }).compile(toJsonSchema());

  test.for([
    ["{}", true],
    ["log: { level: debug }", true],
    ["log: { level: '${LEVEL:-info}' }", true],
    ["log: { level: loud }", false],
    ["lgo: {}", false],
    ["timeout: { idle: 30s }", true],
    ["requests: { max_body: 1024 }", true],
    ["backends: { a: {} }", false],
    ["backends: { a: { url: 'http://a/v1' } }", true],
  ] as const)("of %s says %s", ([yaml, valid]) => {
    expect(validate(parse(yaml))).toBe(valid);
  });

  test("describes every key", () => {
    const undescribed: string[] = [];
    const visit = (schema: JsonSchema, path: string) => {
      for (const [key, inner] of Object.entries(schema.properties ?? {})) {
        if (!inner.description) undescribed.push(`${path}${key}`);
        visit(inner, `${path}${key}.`);
      }
      if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, `${path}NAME.`);
      if (schema.items) visit(schema.items, `${path}[].`);
    };
    visit(toJsonSchema(), "");
    expect(undescribed).toEqual([]);
  });
});
