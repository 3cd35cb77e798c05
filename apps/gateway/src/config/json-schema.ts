import * as z from "zod";
import { configSchema } from "./schema.ts";

/** The parts of a JSON Schema that this program makes and reads. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  required?: string[];
}

/** The JSON Schema (2020-12) of the configuration file, for editors. Short forms are not in it. */
export function toJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    // Any value may be a ${NAME} yet, which no pattern or list of words knows.
    override({ jsonSchema }) {
      if (!jsonSchema.enum && !jsonSchema.pattern) return;
      const { description, default: standard, ...bare } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      Object.assign(jsonSchema, { anyOf: [bare, { type: "string", pattern: "\\$\\{" }] });
      if (description !== undefined) jsonSchema.description = description;
      if (standard !== undefined) jsonSchema.default = standard;
    },
  });
  return { ...(schema as JsonSchema) };
}

/** The schema of what stands at a path; undefined where nothing is known. */
export function schemaAt(path: readonly (string | number)[]): JsonSchema | undefined {
  let schema: JsonSchema | boolean | undefined = toJsonSchema();
  for (const step of path) {
    if (typeof schema !== "object") return undefined;
    schema =
      typeof step === "number" ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties);
  }
  return typeof schema === "object" ? schema : undefined;
}
