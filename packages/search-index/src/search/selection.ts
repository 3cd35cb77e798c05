/** A run of chunk numbers, both ends included. */
export interface Range {
  first: number;
  last: number;
}

/** Narrows SQL down to documents: `in` or `not in` these keys. */
export interface KeyCondition {
  operator: "IN" | "NOT IN";
  keys: readonly number[];
}

/** The chunks of one store that a search may find. */
export interface StoreSelection {
  /** In ascending order, without gaps of length 0 between them; numbers that no chunk has may lie in them. */
  ranges: readonly Range[];
  /** About how many chunks are in them; never fewer than there are. */
  chunks: number;
  /** The same as `ranges`, as a condition on documents; undefined where it is the whole store. */
  condition: KeyCondition | undefined;
}

/** The range from the first to the last of a store's selected chunks. */
export function hull({ ranges }: Pick<StoreSelection, "ranges">): Range {
  return { first: ranges[0]?.first ?? 0, last: ranges.at(-1)?.last ?? -1 };
}

/** Whether a chunk is in one of the ranges, which are ascending. */
export function contains(ranges: readonly Range[], id: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { first, last } = ranges[middle] as Range;
    if (id < first) high = middle - 1;
    else if (id > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Joins ascending ranges that follow each other without a gap. */
export function joined(ranges: Iterable<Range>): Range[] {
  const result: Range[] = [];
  for (const { first, last } of ranges) {
    const before = result.at(-1);
    if (before !== undefined && before.last + 1 === first) before.last = last;
    else result.push({ first, last });
  }
  return result;
}

/** What is left of a range without some that lie in it, which are ascending. */
export function without({ first, last }: Range, gaps: Iterable<Range>): Range[] {
  const result: Range[] = [];
  let next = first;
  for (const gap of gaps) {
    if (gap.first > next) result.push({ first: next, last: gap.first - 1 });
    next = gap.last + 1;
  }
  if (next <= last) result.push({ first: next, last });
  return result;
}
