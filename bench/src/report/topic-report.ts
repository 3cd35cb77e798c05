/** One line of goals: what is wanted, what was reached. */
export interface Goal {
  what: string;
  /** The goal in words, such as "at least 0.65". */
  wanted: string;
  /** Undefined when it could not be measured. */
  reached: number | undefined;
  unit: string;
  met: boolean | undefined;
}

/** What a topic found. */
export interface TopicReport {
  title: string;
  /** How it was measured, in a sentence or two. */
  note: string;
  columns: string[];
  /** One row each target, its name first. */
  rows: (string | undefined)[][];
  goals: Goal[];
  /** The single measurements behind the medians, for `--json`. */
  raw: unknown;
}

/** A goal that wants a value of at least `limit`. */
export function atLeast(what: string, limit: number, reached: number | undefined, unit = ""): Goal {
  const met = reached === undefined ? undefined : reached >= limit;
  return { what, wanted: `at least ${withUnit(limit, unit)}`, reached, unit, met };
}

/** A goal that wants a value of at most `limit`. */
export function atMost(what: string, limit: number, reached: number | undefined, unit = ""): Goal {
  const met = reached === undefined ? undefined : reached <= limit;
  return { what, wanted: `at most ${withUnit(limit, unit)}`, reached, unit, met };
}

/** A number with as many digits as tell something: 12,345 or 123 or 1.23; undefined stays undefined. */
export function renderNumber(value: number | undefined): string | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A number and its unit, "0.42 ms"; "not measured" of undefined. */
export function withUnit(value: number | undefined, unit: string): string {
  const number = renderNumber(value);
  if (number === undefined) return "not measured";
  return unit === "" ? number : `${number} ${unit}`;
}
