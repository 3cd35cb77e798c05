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

/** What a search tries on every document of a store: more than any caller writes would keep others waiting. */
const mostComparisons = 200;
const mostValues = 10_000;

const withinLimits = z.unknown().superRefine((filter, context) => {
  const { comparisons, values } = measure(filter);
  let message: string | undefined;
  if (comparisons > mostComparisons)
    message = `must not have more than ${mostComparisons} comparisons in all`;
  else if (values > mostValues) message = `must not compare with more than ${mostValues} values in all`;
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Counts comparisons and their values, up to the first beyond a limit, in something that may be a filter or not. */
function measure(filter: unknown): { comparisons: number; values: number } {
  const size = { comparisons: 0, values: 0 };
  const open = [filter];
  while (open.length > 0 && size.comparisons <= mostComparisons && size.values <= mostValues) {
    const { filters, value } = (open.pop() ?? {}) as { filters?: unknown; value?: unknown };
    if (Array.isArray(filters)) {
      for (const part of filters.slice(0, mostComparisons + 1)) open.push(part);
      continue;
    }
    size.comparisons++;
    size.values += Array.isArray(value) ? value.length : 1;
  }
  return size;
}

const compound: z.ZodType<{ type: "and" | "or"; filters: SearchFilter[] }> = z.strictObject({
  type: z.enum(["and", "or"]),
  filters: z.lazy(() => listOf(part, { min: 1, max: 100 })),
}) as never;

const part: z.ZodType<SearchFilter> = z.lazy(() =>
  z.discriminatedUnion("type", [comparison, compound as never]),
) as never;

/** See {@link SearchFilter}; up to 200 comparisons with up to 10,000 values in all. */
export const searchFilter: z.ZodType<SearchFilter> = withinLimits.pipe(part) as never;
