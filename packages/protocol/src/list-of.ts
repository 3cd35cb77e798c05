import * as z from "zod";

/** More elements than any list of a real request has. */
const longest = 50_000;

/** The schema of the elements, by the schema of the list: it cannot be read from what {@link listOf} makes. */
const elements = new WeakMap<z.core.$ZodType, z.ZodType>();

/** What the elements of a list are checked with; undefined for what {@link listOf} has not made. */
export function elementOf(list: z.core.$ZodType): z.ZodType | undefined {
  return elements.get(list);
}

/**
 * A list whose elements are checked one by one, up to the first that is wrong. `z.array` checks them all and keeps
 * every fault: a million wrong elements, which compress to a few kilobytes, would keep the process busy for minutes
 * and fill its memory. A list of fewer than `min` or more than `max` elements is refused before any is looked at.
 */
export function listOf<S extends z.ZodType>(element: S, { min = 0, max = longest } = {}) {
  const list = z
    .array(z.unknown())
    .min(min)
    .max(max)
    .transform((values, context): z.output<S>[] => {
      const checked: z.output<S>[] = [];
      for (const [index, value] of values.entries()) {
        const result = element.safeParse(value, { reportInput: true });
        if (!result.success) {
          for (const issue of result.error.issues) {
            context.issues.push({ ...issue, path: [index, ...issue.path] } as z.core.$ZodRawIssue);
          }
          return z.NEVER;
        }
        checked.push(result.data);
      }
      return checked;
    });
  elements.set(list, element);
  return list;
}
