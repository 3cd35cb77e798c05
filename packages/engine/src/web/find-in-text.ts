/** Characters around a place that was found. */
const around = 400;
const most = 8;

/**
 * The passages of a text in which a pattern stands, in order, without regard to case and to how words are spaced. Those
 * that overlap are one. None where it stands nowhere, eight at most.
 */
export function findInText(text: string, pattern: string): string[] {
  const words = pattern.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const wanted = new RegExp(
    words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+"),
    "giu",
  );
  const spans: { from: number; to: number }[] = [];
  for (const { index, 0: found } of text.matchAll(wanted)) {
    const from = Math.max(0, index - around);
    const to = Math.min(text.length, index + found.length + around);
    const last = spans.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else if (spans.length === most) break;
    else spans.push({ from, to });
  }
  return spans.map(({ from, to }) => toPassage(text, from, to));
}

function toPassage(text: string, from: number, to: number): string {
  const passage = text.slice(from, to).toWellFormed().trim();
  return `${from > 0 ? "…" : ""}${passage}${to < text.length ? "…" : ""}`;
}
