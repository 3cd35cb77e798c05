import { setImmediate as nextTurn } from "node:timers/promises";
import type { LarkRules, RuleSymbol } from "./lark-rules.ts";
import type { Terminal } from "./lark-terminals.ts";

/** How far a text follows a grammar. */
export type Recognition =
  | { kind: "whole" }
  | { kind: "undecided" }
  /** It goes astray at `at`, where one of these was expected. */
  | { kind: "astray"; at: number; expected: string[] };

/** Steps for one text, and how long they may take together, in milliseconds. */
const maxSteps = 3_000_000;
const maxTime = 5_000;
/** How long the event loop waits at the most, in milliseconds. */
const longestTurn = 10;

/** A production that has been read up to a place, from where it began. */
interface State {
  rule: number;
  option: number;
  dot: number;
  origin: number;
}

/** What is known of one place in the text. */
interface Column {
  states: State[];
  seen: Set<number>;
  /** States that wait for a rule, by its number. */
  waiting: Map<number, State[]>;
}

/**
 * Recognises a text by Earley's algorithm (with Aycock and Horspool's treatment of empty rules), which takes any grammar,
 * left recursion and ambiguity included. A terminal is read as far as it goes, as Lark's own lexer for Earley does it;
 * what `%ignore` names may stand before each and at the end. Work and time are bounded, and the event loop goes on
 * meanwhile.
 */
export async function recognise(rules: LarkRules, text: string): Promise<Recognition> {
  if (!rules.terminals.every((terminal) => terminal.canMatch(text))) return { kind: "undecided" };
  const recogniser = new Recogniser(rules, text);
  const began = performance.now();
  for (const _ of recogniser.run()) {
    if (recogniser.steps > maxSteps || performance.now() - began > maxTime) return { kind: "undecided" };
    await nextTurn();
  }
  return recogniser.result();
}

class Recogniser {
  steps = 0;
  readonly #rules: LarkRules;
  readonly #text: string;
  readonly #columns = new Map<number, Column>();
  /** Places that still have to be worked on, and all of them in order. */
  readonly #places: number[] = [];
  readonly #offsets: number[][];
  readonly #size: number;
  #accepted = false;

  constructor(rules: LarkRules, text: string) {
    this.#rules = rules;
    this.#text = text;
    let size = 0;
    this.#offsets = rules.productions.map((options) =>
      options.map((option) => {
        const offset = size;
        size += option.length + 1;
        return offset;
      }),
    );
    this.#size = size;
  }

  /** Works through the text; yields whenever others should have a turn. */
  *run(): Generator<void, void, undefined> {
    this.#predict(0, this.#column(0), 0);
    let turn = performance.now();
    for (let place = this.#places.shift(); place !== undefined; place = this.#places.shift()) {
      const column = this.#column(place);
      const ends = new Map<Terminal, number[]>();
      const starts = this.#startsFrom(place);
      // Grows while it is worked through.
      for (let index = 0; index < column.states.length; index++) {
        this.#advance(column.states[index] as State, place, column, starts, ends);
        if (++this.steps % 64 === 0 && performance.now() - turn > longestTurn) {
          yield;
          turn = performance.now();
        }
      }
    }
  }

  result(): Recognition {
    if (this.#accepted) return { kind: "whole" };
    let at = 0;
    for (const place of this.#columns.keys()) at = Math.max(at, place);
    const expected = new Set<string>();
    for (const state of this.#column(at).states) {
      const symbol = this.#symbolAt(state);
      if (typeof symbol === "object") expected.add(symbol.name);
    }
    return { kind: "astray", at, expected: [...expected] };
  }

  #advance(
    state: State,
    place: number,
    column: Column,
    starts: readonly number[],
    ends: Map<Terminal, number[]>,
  ): void {
    const symbol = this.#symbolAt(state);
    if (symbol === undefined) {
      this.#complete(state, place, column, starts);
    } else if (typeof symbol === "number") {
      const waiting = column.waiting.get(symbol);
      if (waiting) waiting.push(state);
      else {
        column.waiting.set(symbol, [state]);
        this.#predict(symbol, column, place);
      }
      if (this.#rules.nullable[symbol]) this.#add(column, next(state));
    } else {
      let found = ends.get(symbol);
      if (found === undefined) {
        found = starts.map((start) => symbol.matchAt(this.#text, start)).filter((end) => end > place);
        ends.set(symbol, found);
      }
      for (const end of found) this.#add(this.#column(end), next(state));
      if (symbol.empty) this.#add(column, next(state));
    }
  }

  #complete(state: State, place: number, column: Column, starts: readonly number[]): void {
    if (state.rule === 0 && state.origin === 0 && starts.includes(this.#text.length)) this.#accepted = true;
    const origin = state.origin === place ? column : this.#columns.get(state.origin);
    for (const waiting of origin?.waiting.get(state.rule) ?? []) {
      this.steps++;
      this.#add(column, next(waiting));
    }
  }

  #predict(rule: number, column: Column, origin: number): void {
    for (const option of (this.#rules.productions[rule] ?? []).keys()) {
      this.#add(column, { rule, option, dot: 0, origin });
    }
  }

  #add(column: Column, state: State): void {
    const offset = (this.#offsets[state.rule]?.[state.option] ?? 0) + state.dot;
    const key = state.origin * this.#size + offset;
    if (column.seen.has(key)) return;
    column.seen.add(key);
    column.states.push(state);
  }

  #symbolAt({ rule, option, dot }: State): RuleSymbol | undefined {
    return this.#rules.productions[rule]?.[option]?.[dot];
  }

  #column(place: number): Column {
    let column = this.#columns.get(place);
    if (column === undefined) {
      column = { states: [], seen: new Set(), waiting: new Map() };
      this.#columns.set(place, column);
      insert(this.#places, place);
    }
    return column;
  }

  /** The places where a terminal may begin: here, and behind what is ignored here. */
  #startsFrom(place: number): number[] {
    const starts = [place];
    for (const start of starts) {
      for (const ignored of this.#rules.ignored) {
        const end = ignored.matchAt(this.#text, start);
        if (end > start && !starts.includes(end)) starts.push(end);
      }
    }
    return starts;
  }
}

function next(state: State): State {
  return { ...state, dot: state.dot + 1 };
}

/** Adds a number to others that are in order. */
function insert(numbers: number[], number: number): void {
  let at = numbers.length;
  while (at > 0 && (numbers[at - 1] as number) > number) at--;
  numbers.splice(at, 0, number);
}
