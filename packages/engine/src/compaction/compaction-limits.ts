import type { CreateRequest } from "@gateway/protocol";

/** How much a compaction may keep, write and read, in tokens. */
export interface CompactionLimits {
  /** What follows the newest message of the user, and stays. */
  keep: number;
  /** The messages of the user that the output of `/responses/compact` repeats. */
  users: number;
  summary: number;
  /** The context that is put into one call. */
  room: number;
}

/** The share of a model's window at which its context is compacted where the request does not say. */
const fullAt = 0.8;
/** Part of what fits that is not used: token counts are estimates, and templates and the prompt take some. */
const reserve = 0.2;
const promptTokens = 400;

/**
 * How many tokens of context are too many: the least `compact_threshold`, or four fifths of the model's window, where it
 * is known. A threshold beyond the window could not be met before the window is full, and counts as none. Undefined
 * where there is no limit, and where the request does not ask for compaction.
 */
export function toThreshold(
  management: CreateRequest["context_management"],
  window: number | undefined,
): number | undefined {
  if (management === undefined || management.length === 0) return undefined;
  const ofWindow = window === undefined ? undefined : Math.floor(window * fullAt);
  const thresholds = management.flatMap(({ compact_threshold: given }) => {
    const threshold = given == null || (window !== undefined && given >= window) ? ofWindow : given;
    return threshold === undefined ? [] : [threshold];
  });
  return thresholds.length === 0 ? undefined : Math.min(...thresholds);
}

/** The limits of a compaction that is to bring a context below `threshold`; both may be unknown. */
export function toLimits(threshold: number | undefined, window: number | undefined): CompactionLimits {
  const full = threshold ?? (window === undefined ? undefined : Math.floor(window * fullAt));
  const share = (part: number, most: number) => Math.min(most, Math.floor((full ?? Infinity) * part));
  const summary = Math.max(64, share(0.2, 4_000));
  return {
    keep: share(0.4, 20_000),
    users: share(0.5, 20_000),
    summary,
    room: window === undefined ? Infinity : (window - 2 * summary) * (1 - reserve) - promptTokens,
  };
}
