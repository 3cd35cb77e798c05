import type * as z from "zod";

/** What a whole number may be; without a bound it is as large or small as whole numbers are. */
interface Bounds {
  min?: number;
  max?: number;
}

/**
 * Holds a schema of whole numbers (`z.int()`) to bounds. A fault says that it is a whole number which is out of range:
 * the bounds of `z.number()` do not tell one from another, and the API has a code for either.
 */
export function within({ min = -Infinity, max = Infinity }: Bounds): z.core.CheckFn<number> {
  return ({ value, issues }) => {
    const about = { origin: "int", inclusive: true, input: value } as const;
    if (value < min) issues.push({ ...about, code: "too_small", minimum: min });
    else if (value > max) issues.push({ ...about, code: "too_big", maximum: max });
  };
}
