/** Classes that some servers do not know inside a pattern, in words that all do. */
const classes: ReadonlyMap<string, string> = new Map([
  ["d", "0-9"],
  ["w", "A-Za-z0-9_"],
]);

/** What servers want escaped to stand for itself outside of a class. */
const escaped = /[\^$.[\]()|{}*+?]/;
const punctuation = /[!-/:-@[-`{-~]/;

/**
 * A regular expression as a `pattern` of JSON Schema, anchored at both ends; undefined where it uses anything that the
 * servers which turn patterns into grammars read differently or refuse, for a wrong pattern is worse than none. What is
 * taken: plain characters, classes of them, groups, alternatives and repetitions. llama.cpp does without the pattern
 * unless it has both anchors and knows no `\d` or `\w`; so these are written out. It also takes what the pattern lets
 * through for the JSON text itself, so nothing may match that JSON has to escape: no quote, backslash or line break.
 */
export function toJsonPattern(regex: string): string | undefined {
  const source = regex.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  let pattern = "";
  for (let at = 0; at < source.length; ) {
    const char = source.charAt(at);
    const read = char === "[" ? readClass(source, at) : readCharacter(source, at);
    if (read === undefined) return undefined;
    pattern += read.text;
    at = read.end;
  }
  // An alternative at the top would bind less than the anchors.
  return `^(${pattern})$`;
}

/** A character or an operator, and where it ends. */
function readCharacter(source: string, at: number): { text: string; end: number } | undefined {
  const char = source.charAt(at);
  const next = source.charAt(at + 1);
  if (char === "\\") {
    const named = classes.get(next);
    if (named !== undefined) return { text: `[${named}]`, end: at + 2 };
    if (!punctuation.test(next) || isEscapedInJson(next)) return undefined;
    return { text: escaped.test(next) ? `\\${next}` : next, end: at + 2 };
  }
  if (isEscapedInJson(char) || /[.^$]/.test(char)) return undefined;
  // A group with a meaning of its own, or a lazy repetition.
  if ((char === "(" && next === "?") || (/[*+?}]/.test(char) && /[?+]/.test(next))) return undefined;
  return { text: char, end: at + 1 };
}

/** A class of characters that begins at a place, and where it ends. */
function readClass(source: string, from: number): { text: string; end: number } | undefined {
  let text = "[";
  for (let at = from + 1; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === "]" && at > from + 1)
      return matchesEscaped(`${text}]`) ? undefined : { text: `${text}]`, end: at + 1 };
    if (char === "]" || char === "[" || (char === "^" && at === from + 1)) return undefined;
    if (char !== "\\") {
      text += char;
      continue;
    }
    const next = source.charAt(++at);
    const named = classes.get(next);
    if (named === undefined && !punctuation.test(next)) return undefined;
    text += named ?? (/[\]^-]/.test(next) ? `\\${next}` : next);
  }
  return undefined;
}

/** Whether a class has a character that JSON has to escape, or one beyond ASCII, which some servers take for bytes. */
function matchesEscaped(text: string): boolean {
  let shape: RegExp;
  try {
    shape = new RegExp(text);
  } catch {
    return true;
  }
  return ['"', "\\", "\n", "\t", "\u007f", "é"].some((char) => shape.test(char));
}

function isEscapedInJson(char: string): boolean {
  return char === '"' || char === "\\" || char < " " || char > "~";
}
