import type { Item } from "@gateway/protocol";
import { isSystemMessage, isUserMessage, noSummaries, type SummaryIds } from "../message-author.ts";

/** Items that are dropped together, as positions in the context, in order. */
export type Unit = readonly number[];

/**
 * What of a context may be dropped, in the order in which it goes: oldest first. A unit is what the model did in one
 * turn (thoughts, text, calls) with the outputs of its calls. A user's message goes with the last turn that
 * answered it, so that what is left of an exchange still begins with its question: many chat templates refuse an
 * assistant who speaks first.
 *
 * Never in a unit are system and developer messages, compacted context, and the last user message with all that
 * follows it (where there is no user message, the model's last turn). `summaries` tells compacted context from what the
 * user said.
 */
export function droppableUnits(items: readonly Item[], summaries: SummaryIds = noSummaries): Unit[] {
  const units = joinPairs(items, splitUnits(items, summaries));
  return units.filter(({ length }) => length > 0);
}

/** The units by turns alone, and behind them, as the last one, what stays. */
function splitUnits(items: readonly Item[], summaries: SummaryIds): number[][] {
  const isQuestion = (item: Item) => isUserMessage(item, summaries.has(item.id));
  const lastQuestion = items.findLastIndex(isQuestion);
  const exchanges: Exchange[] = [{ question: [], turns: [] }];
  const stays: number[] = [];
  for (const [position, item] of items.slice(0, lastQuestion < 0 ? items.length : lastQuestion).entries()) {
    const { turns } = exchanges.at(-1) as Exchange;
    const turn = turns.at(-1);
    if (isSystemMessage(item) || summaries.has(item.id)) stays.push(position);
    else if (isQuestion(item)) exchanges.push({ question: [position], turns: [] });
    // After the outputs of its calls the model has its next turn.
    else if (turn === undefined || (isOutput(items[turn.at(-1) as number]) && !isOutput(item)))
      turns.push([position]);
    else turn.push(position);
  }
  const units = exchanges.flatMap(({ question, turns }) => [
    ...turns.slice(0, -1),
    [...question, ...(turns.at(-1) ?? [])],
  ]);
  const rest = lastQuestion < 0 ? (units.pop() ?? []) : positionsFrom(lastQuestion, items.length);
  return [...units, [...stays, ...rest]];
}

/** A user's message, where it began with one, and what the model did then, turn by turn. */
interface Exchange {
  question: number[];
  turns: number[][];
}

/** Units whose calls are answered in another one become one; a unit that is bound to what stays, stays. */
function joinPairs(items: readonly Item[], units: number[][]): Unit[] {
  const unitOf = new Map<number, number>();
  for (const [index, unit] of units.entries()) for (const position of unit) unitOf.set(position, index);
  const open = new Map<string, number[]>();
  for (const [position, item] of items.entries()) {
    if (item.type === "function_call") {
      open.set(item.call_id, [...(open.get(item.call_id) ?? []), position]);
    } else if (item.type === "function_call_output") {
      const call = open.get(item.call_id)?.shift();
      if (call === undefined) continue;
      const from = unitOf.get(call) as number;
      const to = unitOf.get(position) as number;
      if (from === to) continue;
      for (const moved of units[from] as number[]) unitOf.set(moved, to);
      units[to] = [...(units[from] as number[]), ...(units[to] as number[])].sort((a, b) => a - b);
      units[from] = [];
    }
  }
  return units.slice(0, -1);
}

function isOutput(item: Item | undefined): boolean {
  return item?.type.endsWith("_output") === true;
}

function positionsFrom(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
