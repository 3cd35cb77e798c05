import { surelyFits, type TurnWeights, weighTurn } from "../item-weight.ts";
import type { ModelBackend, ModelTurn, TokenCount } from "../model-backend.ts";
import { droppableUnits, type Unit } from "./droppable-units.ts";

/** Counts that one fitting may ask for; between them it goes by proportion. */
const mostCounts = 5;
/** A context that fills this much of its budget is not filled any better. */
const wellFilled = 0.85;

/** A turn that something may be left out of. */
export interface Fitting {
  turn: ModelTurn;
  units: readonly Unit[];
  weights: TurnWeights;
  /** What is left, in weight, when so many units are dropped; the last one is of what must stay. */
  left: readonly number[];
}

/** A turn without its oldest units. */
export interface Fitted {
  turn: ModelTurn;
  /** How many units were dropped. */
  dropped: number;
  /** What is left in tokens; undefined where it was clear without counting that it fits. */
  count: TokenCount | undefined;
  /** False where nothing more can be dropped, and it still is too long. */
  fits: boolean;
}

/** Looks at a turn: what may be dropped, and what it weighs. */
export function openFitting(turn: ModelTurn): Fitting {
  const units = droppableUnits(turn.items, turn.summaries);
  const weights = weighTurn(turn);
  const left = [weights.total];
  for (const unit of units) {
    const weight = unit.reduce((sum, position) => sum + (weights.items[position] as number), 0);
    left.push((left.at(-1) as number) - weight);
  }
  return { turn, units, weights, left };
}

/** The turn without its first `dropped` units; the order of what is left stays. */
export function dropUnits({ turn, units }: Fitting, dropped: number): ModelTurn {
  if (dropped === 0) return turn;
  const gone = new Set(units.slice(0, dropped).flat());
  return { ...turn, items: turn.items.filter((_, position) => !gone.has(position)) };
}

/** Where the search for the right number of units stands. */
interface Bound {
  dropped: number;
  /** What the backend counted. */
  count: TokenCount;
  /** What that is taken for. */
  tokens: number;
}

/**
 * Drops as few of the oldest units as let the turn come to `budget` tokens at most, by the backend's count. Where that
 * is an estimate, `scale` says how many tokens there really are for one that is counted. At least `atLeast` units are
 * dropped. Throws what `countTokens` throws.
 */
export async function fitTurn(
  fitting: Fitting,
  { budget, scale = 1, atLeast = 0 }: { budget: number; scale?: number; atLeast?: number },
  backend: ModelBackend,
  signal: AbortSignal,
): Promise<Fitted> {
  const { left, units, weights } = fitting;
  const most = units.length;
  if (atLeast === 0 && surelyFits(weights, budget)) {
    return { turn: fitting.turn, dropped: 0, count: undefined, fits: true };
  }
  const measure = async (dropped: number): Promise<Bound> => {
    const count = await backend.countTokens(dropUnits(fitting, dropped), signal);
    return { dropped, count, tokens: count.exact ? count.tokens : count.tokens * scale };
  };
  const toFitted = ({ dropped, count, tokens }: Bound): Fitted => ({
    turn: dropUnits(fitting, dropped),
    dropped,
    count,
    fits: tokens <= budget,
  });

  let tooMuch = await measure(Math.min(atLeast, most));
  if (tooMuch.tokens <= budget || tooMuch.dropped === most) return toFitted(tooMuch);
  let enough: Bound | undefined;
  for (let counts = 1; counts < mostCounts; counts++) {
    // The last count is for what is sure to be as short as it gets.
    const next =
      enough === undefined && counts === mostCounts - 1 ? most : guess(left, budget, tooMuch, enough);
    const bound = await measure(next);
    if (bound.tokens > budget) tooMuch = bound;
    else enough = bound;
    if (tooMuch.dropped === most) return toFitted(tooMuch);
    if (enough === undefined) continue;
    if (enough.dropped - tooMuch.dropped <= 1 || enough.tokens >= budget * wellFilled) break;
  }
  return toFitted(enough as Bound);
}

/** How many units to try next: between the two bounds, where the budget should be met by proportion. */
function guess(left: readonly number[], budget: number, tooMuch: Bound, enough: Bound | undefined): number {
  const aim = budget * 0.98;
  const from = left[tooMuch.dropped] as number;
  const weight = enough
    ? interpolate(aim, [tooMuch.tokens, from], [enough.tokens, left[enough.dropped] as number])
    : (from * aim) / tooMuch.tokens;
  const most = enough ? enough.dropped - 1 : left.length - 1;
  const found = left.findIndex((value, dropped) => dropped > tooMuch.dropped && value <= weight);
  return found < 0 ? most : Math.min(found, most);
}

function interpolate(x: number, [x0, y0]: [number, number], [x1, y1]: [number, number]): number {
  return x1 === x0 ? y1 : y0 + ((x - x0) * (y1 - y0)) / (x1 - x0);
}
