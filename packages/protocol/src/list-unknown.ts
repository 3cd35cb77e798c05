import type { Shape } from "./known-shape.ts";
import { toShownName } from "./to-shown-name.ts";

/** Fields of one name in like places of a request. */
export interface UnknownFields {
  /** Path of the first of them: `input[1].zzz`. Its last name is cut where it is long. */
  path: string;
  /** That last name: `zzz`. */
  key: string;
  /** How they are told: each by its path, or where they are many by one for all of them: `input[].zzz`. */
  names: readonly string[];
}

/** More kinds of unknown fields than anyone is told of. */
const mostKinds = 50;

/** Fields of one kind that are told one by one. */
const mostOfKind = 3;

/**
 * Lists fields that are not null in objects within a body which is valid and whose shape does not have them, in order:
 * the walk ends with the fiftieth kind. Fields of the body itself are not listed. `carried` says, by field of the body,
 * which may stand in any object within.
 */
export function listUnknown(
  { fields }: Shape,
  body: object,
  carried: ReadonlyMap<string, ReadonlySet<string>>,
): UnknownFields[] {
  const walk = new Walk();
  for (const [field, value] of Object.entries(body)) {
    const shape = fields?.get(field);
    if (shape != null) walk.enter(field, shape, value, carried.get(field));
  }
  return [...walk.kinds.values()];
}

type Kind = UnknownFields & { names: string[] };

/** One pass over a body. */
class Walk {
  /** By the path without places. */
  readonly kinds = new Map<string, Kind>();
  readonly #path: (string | number)[] = [];

  enter(key: string | number, shape: Shape, value: unknown, carried: ReadonlySet<string> | undefined): void {
    if (typeof value !== "object" || value === null || this.kinds.size >= mostKinds) return;
    this.#path.push(key);
    if (Array.isArray(value)) {
      const { elements } = shape;
      if (elements !== undefined)
        for (let index = 0; index < value.length; index++) this.enter(index, elements, value[index], carried);
    } else this.#look(shape, (shape.complete?.(value) ?? value) as Record<string, unknown>, carried);
    this.#path.pop();
  }

  #look(shape: Shape, value: Record<string, unknown>, carried: ReadonlySet<string> | undefined): void {
    const fields = shape.byType === undefined ? shape.fields : shape.byType.get(value.type)?.fields;
    if (fields === undefined) return;
    for (const key of Object.keys(value)) {
      if (this.kinds.size >= mostKinds) return;
      const known = fields.get(key);
      if (known === undefined) {
        if (value[key] !== null && carried?.has(key) !== true) this.#note(key);
      } else if (known !== null) this.enter(key, known, value[key], carried);
    }
  }

  #note(name: string): void {
    const key = toShownName(name);
    const places = [...this.#path, key];
    const folded = render(places, () => "[]");
    const path = () => render(places, (index) => `[${index}]`);
    const kind = this.kinds.get(folded);
    if (kind === undefined) this.kinds.set(folded, { path: path(), key, names: [path()] });
    else if (kind.names.length < mostOfKind && kind.names[0] !== folded) kind.names.push(path());
    else kind.names = [folded];
  }
}

function render(places: readonly (string | number)[], toPlace: (index: number) => string): string {
  let text = "";
  for (const place of places)
    text += typeof place === "number" ? toPlace(place) : text === "" ? place : `.${place}`;
  return text;
}
