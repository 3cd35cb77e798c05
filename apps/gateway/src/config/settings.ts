/** A key within the configuration, from the root: ["http", "listen"]. */
export type Path = readonly (string | number)[];

/** A mapping of the file's form. */
export type Section = Record<string, unknown>;

/** True for a mapping; false for lists and single values. */
export function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A path as people write it: `models."llama3.2:3b".backends[0]`. */
export function renderPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === "number") return `[${step}]`;
      return (i > 0 ? "." : "") + (/^[\w-]+$/.test(step) ? step : JSON.stringify(step));
    })
    .join("");
}

/**
 * What file, environment and flags say, in the file's form and before it is checked, together with the place
 * each value came from. Later sources are laid over earlier ones with {@link set}.
 */
export class Settings {
  readonly root: Section = {};
  readonly #places = new Map<string, { path: Path; place: string }>();

  /** The value at a path, or undefined. */
  get(path: Path): unknown {
    let value: unknown = this.root;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Section)[step];
    }
    return value;
  }

  /** Writes a value and its place, making the sections on the way. Sections that are no mapping are replaced. */
  set(path: Path, value: unknown, place: string): void {
    const last = path.at(-1);
    if (last === undefined) return;
    let section: Section = this.root;
    for (const step of path.slice(0, -1)) {
      const next = Object.hasOwn(section, step) ? section[step] : undefined;
      if (typeof next === "object" && next !== null) section = next as Section;
      else section = define(section, step, {});
    }
    define(section, last, value);
    this.mark(path, place);
  }

  /** Notes the place of a value that is there already. */
  mark(path: Path, place: string): void {
    this.#places.set(JSON.stringify(path), { path, place });
  }

  /** Removes a value; what is not there is no error. */
  remove(path: Path): void {
    const section = this.get(path.slice(0, -1));
    const last = path.at(-1);
    if (last !== undefined && isSection(section)) delete section[last];
  }

  /** The place of the value at a path, or of the nearest section around it; empty when nothing is known. */
  placeOf(path: Path): string {
    for (let length = path.length; length > 0; length--) {
      const found = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (found) return found.place;
    }
    return "";
  }

  /** The places of all single values and lists that are set, by rendered path, in the order they were set. */
  places(): Record<string, string> {
    const places: Record<string, string> = {};
    for (const { path, place } of this.#places.values()) {
      const value = this.get(path);
      const inList = path.some((step) => typeof step === "number");
      if (value !== undefined && !isSection(value) && !inList) places[renderPath(path)] = place;
    }
    return places;
  }
}

// As an own property: a key named __proto__ is a key like any other.
function define<T>(section: Section, key: string | number, value: T): T {
  Object.defineProperty(section, key, { value, writable: true, enumerable: true, configurable: true });
  return value;
}
