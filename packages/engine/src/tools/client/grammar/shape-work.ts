import { Inexpressible } from "./regex-cursor.ts";

/** Steps that writing one grammar for a server may take: a tenth of a second or so, during which all others wait. */
const maxSteps = 2_000_000;
/** Parts and ranges of characters in a shape: beyond that it would be too long to be sent anyway. */
const maxSize = 65_536;

/** What is spent on writing one grammar for a server. There are grammars that grow with each thing that is done to them. */
export class ShapeWork {
  #left: number;

  constructor(steps = maxSteps) {
    this.#left = steps;
  }

  /** Counts steps before they are taken. Throws {@link Inexpressible} once they are too many. */
  spend(steps: number): void {
    this.#left -= steps;
    if (!(this.#left >= 0)) throw new Inexpressible();
  }

  /** Counts parts that are to be put into one shape. Throws {@link Inexpressible} where they are too many for one. */
  grow(size: number): void {
    if (size > maxSize) throw new Inexpressible();
    this.spend(size);
  }
}
