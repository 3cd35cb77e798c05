/*
 * Servers count tokens in answers that may hold much else, a list of all tokens for one. What is looked for is found in
 * the text, in one pass and without a tree of the rest: an answer that is made to be costly to parse costs nothing here.
 * An unescaped quote before a name and a colon behind it are a key, since within strings quotes are escaped.
 */

/** The number at the first key of this name; undefined where there is none, or where it is not a whole number above 0. */
export function readNumber(json: string, key: string): number | undefined {
  const from = startOf(json, key);
  const digits =
    from === undefined ? undefined : /^\d{1,15}(?=[\s,}])/.exec(json.slice(from, from + 17))?.[0];
  // Even an empty context has the words of its template: a server that counts none does not count.
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
}

/** How many numbers the list at the first key of this name has; undefined where it is no list of numbers, or is empty. */
export function readLength(json: string, key: string): number | undefined {
  const from = startOf(json, key);
  if (from === undefined || json[from] !== "[") return undefined;
  let numbers = 0;
  let inNumber = false;
  for (let at = from + 1; at < json.length; at++) {
    const char = json.charCodeAt(at);
    const isDigit = char >= 0x30 && char <= 0x39;
    if (isDigit && !inNumber) numbers++;
    inNumber = isDigit;
    if (isDigit || char === 0x2c || char === 0x20 || (char >= 0x09 && char <= 0x0d)) continue;
    return char === 0x5d && numbers > 0 ? numbers : undefined;
  }
  return undefined;
}

/** The text at the first key of this name; undefined where it is none. */
export function readText(json: string, key: string): string | undefined {
  const from = startOf(json, key);
  if (from === undefined || json[from] !== '"') return undefined;
  for (let at = from + 1; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === 0x5c) at++;
    else if (char === 0x22) return parseText(json.slice(from, at + 1));
  }
  return undefined;
}

/** Where the value of the first key of this name begins. */
function startOf(json: string, key: string): number | undefined {
  const found = new RegExp(`(?<!\\\\)"${key}"\\s{0,8}:\\s{0,8}`).exec(json);
  return found === null ? undefined : found.index + found[0].length;
}

function parseText(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
