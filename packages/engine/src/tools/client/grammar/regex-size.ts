/**
 * About how many characters and classes an expression comes to when its repetitions are written out: told from its text,
 * for writing them out is what takes time and memory. What is no expression has a size, too.
 */
export function estimateSize(source: string): number {
  /** The sizes of the groups that are open, each up to here. */
  const groups = [0];
  /** The size of what a repetition would be of. */
  let last = 0;
  const close = () => {
    last = groups.pop() ?? 0;
    if (groups.length === 0) groups.push(0);
    add(last);
  };
  const add = (size: number) => {
    groups.push((groups.pop() ?? 0) + size);
  };
  for (const [token, count] of tokensOf(source)) {
    if (token === "(") groups.push(0);
    else if (token === ")") close();
    else if (count !== undefined) {
      add(last * (count - 1));
      last *= count;
    } else {
      last = /^[*+?|^$]$/.test(token) ? last : 1;
      add(/^[*+?|^$]$/.test(token) ? 0 : last);
    }
  }
  return groups.reduce((sum, size) => sum + size);
}

// What is not closed goes to the end: tried again from each place, it would take long.
const token = new RegExp(
  [
    String.raw`\\Q.*?(?:\\E|$)`,
    String.raw`\\[pPx]\{[^}]*(?:\}|$)`,
    String.raw`\\[pP][A-Z]`,
    String.raw`\\.?`,
    String.raw`\[\^?\]?(?:\\.?|\[:\^?\w+:\]|[^\]\\])*(?:\]|$)`,
    String.raw`\((?:\?P?<\w+>|\?[a-zA-Z-]*:?)?`,
    String.raw`\{(\d+)(?:,(\d*))?\}`,
    ".",
  ].join("|"),
  "gsu",
);

/** The parts of an expression, with how often a repetition has what is before it. */
function* tokensOf(source: string): Generator<readonly [token: string, count?: number]> {
  for (const [text, min, max] of source.matchAll(token)) {
    if (text.startsWith("(")) yield ["("];
    else if (min === undefined) yield [text];
    else yield [text, Math.max(Number(min), Number(max ?? 0))];
  }
}
