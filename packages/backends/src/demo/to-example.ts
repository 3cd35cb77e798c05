type Schema = Readonly<Record<string, unknown>>;

/** Nesting beyond this is cut off: schemas may refer to themselves. */
const deepest = 12;

/**
 * A small value that fits a JSON schema, always the same one: what the schema itself proposes (`const`,
 * `default`, `enum`, `examples`), else the plainest value of its type; objects get their required keys. `word`
 * fills strings that nothing else is known of.
 */
export function toExample(schema: unknown, word: string): unknown {
  return fit(schema, { root: isSchema(schema) ? schema : {}, word }, 0);
}

interface Source {
  root: Schema;
  word: string;
}

function fit(given: unknown, source: Source, depth: number): unknown {
  const schema = resolve(given, source.root);
  if (depth > deepest || schema === undefined) return null;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  for (const proposed of [schema.enum, schema.examples]) {
    if (Array.isArray(proposed) && proposed.length > 0) return proposed[0];
  }
  for (const variants of [schema.anyOf, schema.oneOf, schema.allOf]) {
    if (!Array.isArray(variants)) continue;
    const variant = variants.find((candidate) => resolve(candidate, source.root)?.type !== "null");
    if (variant !== undefined) return fit(variant, source, depth + 1);
  }
  switch (typeOf(schema)) {
    case "object":
      return fitObject(schema, source, depth);
    case "array": {
      const least = numberOf(schema.minItems) ?? 0;
      return Array.from({ length: Math.min(least, 16) }, () => fit(schema.items ?? {}, source, depth + 1));
    }
    case "integer":
    case "number":
      return fitNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return fitString(schema, source.word);
  }
}

function fitObject(schema: Schema, source: Source, depth: number): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required)
    ? schema.required.filter((key) => typeof key === "string")
    : [];
  return Object.fromEntries(required.map((key) => [key, fit(properties[key] ?? {}, source, depth + 1)]));
}

function fitNumber(schema: Schema): number {
  const step = numberOf(schema.multipleOf) ?? (schema.type === "integer" ? 1 : undefined);
  const above = numberOf(schema.exclusiveMinimum);
  const least = numberOf(schema.minimum) ?? (above === undefined ? 1 : above + (step ?? 1));
  const most = Math.min(numberOf(schema.maximum) ?? least, least);
  return step === undefined ? most : Math.ceil(most / step) * step;
}

const formats: Readonly<Record<string, string>> = {
  date: "2026-01-01",
  time: "12:00:00Z",
  "date-time": "2026-01-01T12:00:00Z",
  email: "demo@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function fitString(schema: Schema, word: string): string {
  const value = formats[String(schema.format)] ?? word;
  const least = numberOf(schema.minLength) ?? 0;
  return value.padEnd(Math.min(least, 1_000), ".").slice(0, numberOf(schema.maxLength) ?? undefined);
}

/** A type may be a list, with "null" for optional ones; without one, the other keys tell. */
function typeOf({ type, properties, items }: Schema): unknown {
  if (Array.isArray(type)) return type.find((name) => name !== "null") ?? "null";
  return type ?? (properties !== undefined ? "object" : items !== undefined ? "array" : "string");
}

/** Follows a reference within the document (`#/$defs/name`). */
function resolve(schema: unknown, root: Schema): Schema | undefined {
  let target = schema;
  for (let hops = 0; isSchema(target) && typeof target.$ref === "string"; hops++) {
    if (hops > deepest || !target.$ref.startsWith("#")) return undefined;
    let place: unknown = root;
    for (const key of target.$ref.split("/").slice(1)) {
      place = isSchema(place) ? place[key.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
    }
    target = place;
  }
  return isSchema(target) ? target : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
