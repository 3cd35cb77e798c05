import * as z from "zod";
import { elementOf } from "./list-of.ts";

/** What a schema knows of a value: its fields, and what it knows of those. */
export interface Shape {
  /** Fields of an object; what stands in one without a shape (null) is not looked into. */
  fields?: ReadonlyMap<string, Shape | null>;
  /** Objects told apart by their `type`. */
  byType?: ReadonlyMap<unknown, Shape>;
  /** Elements of a list. */
  elements?: Shape;
  /** Makes of a value what the schema looks at. */
  complete?: (value: unknown) => unknown;
}

/**
 * The shape behind a schema, read from the schema itself so that there is no second list of fields. Undefined for what is
 * not to be looked into: plain values, free-form objects (`z.record`, `z.unknown`), and objects that refuse unknown fields
 * themselves. Meant to be called once, at start.
 */
export function shapeOf(schema: z.core.$ZodType): Shape | undefined {
  const element = elementOf(schema);
  if (element !== undefined) return listShape(element);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return shapeOf(schema.unwrap());
  if (schema instanceof z.ZodArray) return listShape(schema.element);
  if (schema instanceof z.ZodObject) return objectShape(schema);
  if (schema instanceof z.ZodDiscriminatedUnion) return { byType: shapesByType(schema.options) };
  if (schema instanceof z.ZodUnion) return unionShape(schema.options);
  return schema instanceof z.ZodPipe ? pipeShape(schema) : undefined;
}

function listShape(element: z.core.$ZodType): Shape | undefined {
  const elements = shapeOf(element);
  return elements && { elements };
}

function objectShape({ shape, def }: z.ZodObject): Shape | undefined {
  if (def.catchall instanceof z.ZodNever) return undefined;
  return {
    fields: new Map(Object.entries(shape).map(([field, schema]) => [field, shapeOf(schema) ?? null])),
  };
}

function shapesByType(options: readonly z.core.$ZodType[]): ReadonlyMap<unknown, Shape> {
  const shapes = new Map<unknown, Shape>();
  for (const option of options) {
    const shape = shapeOf(option);
    if (!(option instanceof z.ZodObject) || shape === undefined)
      throw new Error("a union by type consists of objects that may have further fields");
    for (const type of typesOf(option.shape.type)) shapes.set(type, shape);
  }
  return shapes;
}

function typesOf(type: unknown): readonly unknown[] {
  if (type instanceof z.ZodLiteral) return [...type.values];
  if (type instanceof z.ZodEnum) return type.options;
  throw new Error("a union by type has literals or enumerations as types");
}

/** A value may be plain, a list or an object: one of each kind at most. */
function unionShape(options: readonly z.core.$ZodType[]): Shape | undefined {
  const shapes = options.flatMap((option) => shapeOf(option) ?? []);
  return shapes.length === 0 ? undefined : Object.assign({}, ...shapes);
}

/** What is completed first is looked at in its completed form; what is made of a value afterwards says nothing of it. */
function pipeShape({ in: input, out }: z.ZodPipe): Shape | undefined {
  if (out instanceof z.ZodTransform) return shapeOf(input as z.core.$ZodType);
  const shape = shapeOf(out as z.core.$ZodType);
  if (!(input instanceof z.ZodTransform)) return shape;
  const { transform } = input.def;
  // The context is for faults, which the validation has already told.
  return shape && { ...shape, complete: (value) => transform(value, undefined as never) };
}
