import type { Page, TwoWayPageQuery } from "@gateway/protocol";

/** The stretch of rows that a page is taken from; a position is a row's rowid. */
export interface PageWindow {
  /** Both exclusive. */
  low: number;
  high: number;
  /** In which direction the rows are read. */
  ascending: boolean;
  /** True when they are read against the order that was asked for, and have to be turned round. */
  reversed: boolean;
  /** How many to read: one more than the page takes tells whether there are more. */
  limit: number;
}

/**
 * Where to read a page. With `before` alone it is read backwards from there, and `hasMore` tells of rows before the
 * page; with both cursors it begins after `after` and does not reach `before`. Undefined when a cursor has no
 * position.
 */
export function toPageWindow(
  query: Pick<TwoWayPageQuery, "limit" | "order" | "after" | "before">,
  positionOf: (cursor: string) => number | undefined,
): PageWindow | undefined {
  const inOrder = query.order === "asc";
  const reversed = query.before !== undefined && query.after === undefined;
  const window = {
    low: -1,
    high: Number.MAX_SAFE_INTEGER,
    ascending: inOrder !== reversed,
    reversed,
    limit: query.limit + 1,
  };
  if (query.after !== undefined) {
    const position = positionOf(query.after);
    if (position === undefined) return undefined;
    window[inOrder ? "low" : "high"] = position;
  }
  if (query.before !== undefined) {
    const position = positionOf(query.before);
    if (position === undefined) return undefined;
    window[inOrder ? "high" : "low"] = position;
  }
  return window;
}

/** Makes a page of the rows that were read in a window. */
export function toPage<Row, T>(rows: readonly Row[], window: PageWindow, toObject: (row: Row) => T): Page<T> {
  const limit = window.limit - 1;
  const data = rows.slice(0, limit).map(toObject);
  return { data: window.reversed ? data.reverse() : data, hasMore: rows.length > limit };
}
