import * as z from "zod";
import { attributeValue } from "./attributes.ts";
import { listOf } from "./list-of.ts";

const key = z.string().min(1).max(64);

const comparison = z.discriminatedUnion("type", [
  z.strictObject({ type: z.enum(["eq", "ne"]), key, value: attributeValue }),
  z.strictObject({
    type: z.enum(["gt", "gte", "lt", "lte"]),
    key,
    value: z.union([z.number(), z.string().max(512)]),
  }),
  z.strictObject({
    type: z.enum(["in", "nin"]),
    key,
    value: z
      .array(z.union([z.string().max(512), z.number(), z.boolean()]))
      .min(1)
      .max(1000),
  }),
]);

/**
 * A filter over attributes (API reference, "Retrieval: attribute filtering"): comparisons, joined by `and`
 * and `or` to any depth. A file without the attribute matches `ne` and `nin` and nothing else; values of
 * different types are never equal and have no order.
 */
export type SearchFilter = z.infer<typeof comparison> | { type: "and" | "or"; filters: SearchFilter[] };

const compound: z.ZodType<{ type: "and" | "or"; filters: SearchFilter[] }> = z.strictObject({
  type: z.enum(["and", "or"]),
  filters: z.lazy(() => listOf(searchFilter, { min: 1, max: 100 })),
}) as never;

/** See {@link SearchFilter}. */
export const searchFilter: z.ZodType<SearchFilter> = z.lazy(() =>
  z.discriminatedUnion("type", [comparison, compound as never]),
) as never;
