import * as z from "zod";
import { within } from "./integer.ts";

/** Query of a cursor-paged list (API reference, "Pagination"). */
export const pageQuery = z.looseObject({
  limit: z.coerce
    .number()
    .int()
    .check(within({ min: 1, max: 100 }))
    .default(20),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().min(1).optional(),
});

/** Which part of a list to read. `after` is exclusive; `order` is by time of creation. */
export type PageQuery = z.infer<typeof pageQuery>;

/** A page of things that have ids, in the order asked for. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

/** The wire form of a page. */
export interface ListObject<T> {
  object: "list";
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** Renders a page; ids are null where it is empty. */
export function toListObject<T extends { id: string }>(page: Page<T>): ListObject<T> {
  return {
    object: "list",
    data: page.data,
    first_id: page.data[0]?.id ?? null,
    last_id: page.data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}

/**
 * Cuts a page out of a list in ascending order. An `after` that is not in the list gives undefined: the
 * caller answers that the cursor does not exist.
 */
export function pageOf<T extends { id: string }>(items: readonly T[], query: PageQuery): Page<T> | undefined {
  const ordered = query.order === "asc" ? items : items.toReversed();
  let start = 0;
  if (query.after !== undefined) {
    start = ordered.findIndex(({ id }) => id === query.after) + 1;
    if (start === 0) return undefined;
  }
  const data = ordered.slice(start, start + query.limit);
  return { data, hasMore: start + data.length < ordered.length };
}
