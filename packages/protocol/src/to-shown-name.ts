/** Characters of a name that are told of. */
const most = 100;

/** The name of a field that the caller has made up, as far as it is told of: it may be of any length. */
export function toShownName(name: string): string {
  return name.length > most ? `${name.slice(0, most)}…` : name;
}
