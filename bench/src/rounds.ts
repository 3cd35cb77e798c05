import type { Measured } from "./stage.ts";
import { median } from "./statistics.ts";

/** The measurements of several targets, taken in turn. */
export interface Rounds {
  /** The median over the rounds; undefined when the target or the value is missing. */
  median(target: string, value: keyof Measured): number | undefined;
  /**
   * The median over the rounds of one target's value divided by another's in the same round: what drifts from
   * round to round, such as a neighbour on the machine, falls out.
   */
  ratio(target: string, to: string, value: keyof Measured): number | undefined;
  /** The same with the difference: how much `target` adds to `to`. */
  added(target: string, to: string, value: keyof Measured): number | undefined;
  /** Everything measured, by target, in the order of the rounds. */
  readonly all: Record<string, Measured[]>;
}

/** Measures every target once a round, each round beginning with another one. */
export async function runRounds<T extends { name: string }>(
  count: number,
  targets: readonly T[],
  measure: (target: T) => Promise<Measured>,
): Promise<Rounds> {
  const all: Record<string, Measured[]> = Object.fromEntries(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (let i = 0; i < targets.length; i += 1) {
      const target = targets[(i + round) % targets.length] as T;
      all[target.name]?.push(await measure(target));
    }
  }
  return overRounds(all);
}

/** Reads measurements that were taken in rounds. */
export function overRounds(all: Record<string, Measured[]>): Rounds {
  const paired = (
    a: string,
    b: string,
    value: keyof Measured,
    join: (a: number, b: number) => number,
  ): number | undefined => {
    const pairs = (all[a] ?? []).flatMap((mine, round) => {
      const [x, y] = [mine[value], all[b]?.[round]?.[value]];
      return x === undefined || y === undefined ? [] : [join(x, y)];
    });
    return median(pairs);
  };
  return {
    all,
    median: (target, value) =>
      median((all[target] ?? []).flatMap(({ [value]: x }) => (x === undefined ? [] : [x]))),
    ratio: (target, to, value) => paired(target, to, value, (x, y) => x / y),
    added: (target, to, value) => paired(target, to, value, (x, y) => x - y),
  };
}
