/** Whether nothing is there but a closing quote and, maybe, the brace behind it. */
export function isClosing(tail: string): boolean {
  return closingAt(tail) === 0;
}

/** A text without a closing quote at its end and the brace behind it. */
export function withoutClosing(text: string): string {
  const at = closingAt(text);
  return at === -1 ? text : text.slice(0, at);
}

/** Where the quote is that closes a text, with nothing but a brace behind it; -1 where there is none. */
function closingAt(text: string): number {
  let rest = text.trimEnd();
  if (rest.endsWith("}")) rest = rest.slice(0, -1).trimEnd();
  return rest.endsWith('"') ? rest.length - 1 : -1;
}
