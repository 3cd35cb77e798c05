/** A range of code points, both ends included. */
export type CharRange = readonly [from: number, to: number];

/** Characters, as ranges of code points: in order, apart from each other, without surrogates. */
export type CharSet = readonly CharRange[];

const last = 0x10ffff;
const surrogates: CharRange = [0xd800, 0xdfff];

/** The characters that are in any of the ranges, which may overlap and be in any order. */
export function toCharSet(ranges: Iterable<CharRange>): CharSet {
  const sorted = [...ranges].filter(([from, to]) => from <= to).sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else joined.push([from, to]);
  }
  return joined.flatMap(withoutSurrogates);
}

function withoutSurrogates([from, to]: CharRange): CharRange[] {
  const [first, end] = surrogates;
  if (to < first || from > end) return [[from, to]];
  const parts: CharRange[] = [
    [from, first - 1],
    [end + 1, to],
  ];
  return parts.filter(([begin, close]) => begin <= close);
}

/** The one character of a code point. */
export function onlyChar(code: number): CharSet {
  return toCharSet([[code, code]]);
}

/** All characters that are not in a set. */
export function complementOf(set: CharSet): CharSet {
  const gaps: CharRange[] = [];
  let next = 0;
  for (const [from, to] of set) {
    gaps.push([next, from - 1]);
    next = to + 1;
  }
  return toCharSet([...gaps, [next, last]]);
}

/** The characters that are in all of the sets. */
export function intersectionOf(a: CharSet, b: CharSet): CharSet {
  return toCharSet(
    a.flatMap(([from, to]) => b.map(([begin, end]): CharRange => [Math.max(from, begin), Math.min(to, end)])),
  );
}

/** Whether some character is in both sets. */
export function overlap(a: CharSet, b: CharSet): boolean {
  let at = 0;
  return a.some(([from, to]) => {
    while (at < b.length && (b[at] as CharRange)[1] < from) at++;
    const next = b[at];
    return next !== undefined && next[0] <= to;
  });
}

/** Whether a set has a character, by its code point. */
export function hasChar(set: CharSet, code: number): boolean {
  let before = 0;
  for (let end = set.length; before < end; ) {
    const middle = (before + end) >> 1;
    if ((set[middle] as CharRange)[1] < code) before = middle + 1;
    else end = middle;
  }
  const range = set[before];
  return range !== undefined && range[0] <= code;
}

/** The code point of a set that has one character only; undefined for every other. */
export function soleChar(set: CharSet): number | undefined {
  const [range, ...others] = set;
  return range !== undefined && others.length === 0 && range[0] === range[1] ? range[0] : undefined;
}

/**
 * A set with the letters of A to Z in both cases where it has them in one. Letters beyond ASCII are left as they are: a
 * set that is used to write texts may be smaller than what a reader takes, and never larger.
 */
export function withBothCases(set: CharSet): CharSet {
  const lower = intersectionOf(set, [[0x61, 0x7a]]);
  const upper = intersectionOf(set, [[0x41, 0x5a]]);
  return toCharSet([
    ...set,
    ...lower.map(([from, to]): CharRange => [from - 0x20, to - 0x20]),
    ...upper.map(([from, to]): CharRange => [from + 0x20, to + 0x20]),
  ]);
}

/** Whether a set has characters beyond the last one of ASCII. */
export function isBeyondAscii(set: CharSet): boolean {
  const end = set.at(-1);
  return end !== undefined && end[1] > 0x7f;
}
