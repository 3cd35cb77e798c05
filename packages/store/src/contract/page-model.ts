import type { Page, TwoWayPageQuery } from "@gateway/protocol";
import fc from "fast-check";
import { expect } from "vitest";

/** What a list must answer, read off a plain array in ascending order. */
export function modelPage(
  ids: readonly string[],
  { limit, order, after, before }: TwoWayPageQuery,
): { ids: string[]; hasMore: boolean } | undefined {
  const ordered = order === "asc" ? ids : ids.toReversed();
  for (const cursor of [after, before]) if (cursor !== undefined && !ids.includes(cursor)) return undefined;
  const start = after === undefined ? 0 : ordered.indexOf(after) + 1;
  const end = before === undefined ? ordered.length : ordered.indexOf(before);
  const window = start < end ? ordered.slice(start, end) : [];
  const backwards = before !== undefined && after === undefined;
  const page = backwards ? window.slice(-limit) : window.slice(0, limit);
  return { ids: page, hasMore: page.length < window.length };
}

/**
 * Compares a list with the plain array of its ids, at random orders, limits and cursors: every id, the `foreign` ones
 * that are not in it, and none. `twoWay` lists have `before` too.
 */
export async function expectPagesOf(
  ids: readonly string[],
  foreign: readonly string[],
  twoWay: boolean,
  list: (query: TwoWayPageQuery) => Promise<Page<{ id: string }> | undefined>,
): Promise<void> {
  const cursor = fc.option(fc.constantFrom(...ids, ...ids, ...foreign), { nil: undefined });
  const queries = fc.record({
    limit: fc.integer({ min: 1, max: ids.length + 2 }),
    order: fc.constantFrom("asc" as const, "desc" as const),
    after: cursor,
    before: twoWay ? cursor : fc.constant(undefined),
  });
  await fc.assert(
    fc.asyncProperty(queries, async ({ after, before, ...rest }) => {
      const query = { ...rest, ...(after && { after }), ...(before && { before }) };
      const page = await list(query);
      expect(page && { ids: page.data.map(({ id }) => id), hasMore: page.hasMore }).toEqual(
        modelPage(ids, query),
      );
    }),
    { numRuns: 300 },
  );
}
