/** A production that has been read up to a place, and from where it began, each by a number. */
export interface State {
  item: number;
  origin: number;
}

/** The states that wait in places which have been worked through, by the rule that they wait for: a few bytes each. */
export class KeptStates {
  /** By place, its first group; the groups of a place are in the order of their rules. */
  readonly #places: Int32Array;
  /** A rule, and its first state. */
  readonly #groups = new Numbers();
  /** An item and an origin. */
  readonly #states = new Numbers();

  constructor(places: number) {
    this.#places = new Int32Array(places + 1);
  }

  /** How many there are. */
  get size(): number {
    return this.#states.length / 2;
  }

  /** Keeps the states of a place. Places are kept in order, each once. */
  keep(place: number, waiting: ReadonlyMap<number, readonly State[]>): void {
    this.#places[place] = this.#groups.length / 2;
    for (const rule of [...waiting.keys()].sort((a, b) => a - b)) {
      this.#groups.push(rule);
      this.#groups.push(this.#states.length / 2);
      for (const { item, origin } of waiting.get(rule) ?? []) {
        this.#states.push(item);
        this.#states.push(origin);
      }
    }
    this.#places[place + 1] = this.#groups.length / 2;
  }

  /** The numbers of those that wait for a rule in a place that was kept: from the first to before the second. */
  rangeOf(place: number, rule: number): [from: number, to: number] {
    const group = this.#groupOf(place, rule);
    if (group === -1) return [0, 0];
    const to = group * 2 + 3 < this.#groups.length ? this.#groups.at(group * 2 + 3) : this.size;
    return [this.#groups.at(group * 2 + 1), to];
  }

  /** The state of a number. */
  at(number: number): State {
    return { item: this.#states.at(number * 2), origin: this.#states.at(number * 2 + 1) };
  }

  /** Puts another state in the place of one. */
  replace(number: number, { item, origin }: State): void {
    this.#states.set(number * 2, item);
    this.#states.set(number * 2 + 1, origin);
  }

  #groupOf(place: number, rule: number): number {
    let from = this.#places[place] ?? 0;
    let to = this.#places[place + 1] ?? 0;
    while (from < to) {
      const middle = (from + to) >> 1;
      const found = this.#groups.at(middle * 2);
      if (found === rule) return middle;
      if (found < rule) from = middle + 1;
      else to = middle;
    }
    return -1;
  }
}

/** Numbers one after the other, four bytes each. */
class Numbers {
  length = 0;
  #all = new Int32Array(256);

  at(index: number): number {
    return this.#all[index] as number;
  }

  set(index: number, number: number): void {
    this.#all[index] = number;
  }

  push(number: number): void {
    if (this.length === this.#all.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.#all);
      this.#all = longer;
    }
    this.#all[this.length++] = number;
  }
}
