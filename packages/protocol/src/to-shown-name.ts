/** Characters of a name that are told of. */
const most = 100;

/**
 * A name that somebody else has made up, of a caller's field or of a tool that a model calls, as far as it is told of: it may
 * be of any length.
 */
export function toShownName(name: string): string {
  return name.length > most ? `${name.slice(0, most)}…` : name;
}
