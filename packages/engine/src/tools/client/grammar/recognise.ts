import type { Effort } from "./effort.ts";
import { KeptStates, type State } from "./kept-states.ts";
import type { LarkRules, RuleSymbol } from "./lark-rules.ts";
import type { Terminal } from "./lark-terminals.ts";

/** How far a text follows a grammar. */
export type Recognition =
  | { kind: "whole" }
  | { kind: "undecided" }
  /** It goes astray at `at`, where one of these was expected. */
  | { kind: "astray"; at: number; expected: string[] };

/** What a state costs, in steps: so many instructions of an expression take about as long. */
const stateSteps = 16;
/** States that may be kept until the end, and those of one place: some hundred bytes each at the very most. */
const maxStates = 1_000_000;

/** What is known of one place in the text. */
interface Column {
  states: State[];
  seen: Set<number>;
  /** States that wait for a rule, by its number. */
  waiting: Map<number, State[]>;
  /** True where all of the text up to here follows the grammar. */
  whole: boolean;
}

/**
 * Recognises a text by Earley's algorithm (with Aycock and Horspool's treatment of empty rules), which takes any grammar,
 * recursion on either side and ambiguity included. A terminal is read as far as it goes, as Lark's own lexer for Earley
 * does it; what `%ignore` names may stand before each and at the end. Pauses as the effort says.
 */
export function* recognise(
  rules: LarkRules,
  text: string,
  effort: Effort,
): Generator<void, Recognition, undefined> {
  return yield* new Recogniser(rules, text, effort).run();
}

class Recogniser {
  readonly #rules: LarkRules;
  readonly #text: string;
  readonly #effort: Effort;
  /** By place, those that still have to be worked on. */
  readonly #columns = new Map<number, Column>();
  readonly #kept: KeptStates;
  /** Places that still have to be worked on, in order. */
  readonly #places: number[] = [];
  /** What is to be read next, by item: the symbols of all productions one after the other, undefined at the end of each. */
  readonly #symbols: (RuleSymbol | undefined)[] = [];
  /** The rule that a production is of, by the item at its end. */
  readonly #ruleOf = new Map<number, number>();
  /** Where the productions of a rule begin. */
  readonly #begins: number[][];
  /** Whether all of the text follows the grammar. */
  #accepted = false;

  constructor(rules: LarkRules, text: string, effort: Effort) {
    this.#rules = rules;
    this.#text = text;
    this.#effort = effort;
    this.#kept = new KeptStates(text.length + 1);
    this.#begins = rules.productions.map((options, rule) =>
      options.map((option) => {
        const begin = this.#symbols.length;
        for (const symbol of option) this.#symbols.push(symbol);
        this.#ruleOf.set(this.#symbols.push(undefined) - 1, rule);
        return begin;
      }),
    );
  }

  *run(): Generator<void, Recognition, undefined> {
    this.#predict(0, this.#column(0), 0);
    let place = -1;
    let last: Column | undefined;
    for (let next = this.#places.shift(); next !== undefined; next = this.#places.shift()) {
      place = next;
      last = this.#column(place);
      yield* this.#workThrough(last, place);
      this.#kept.keep(place, last.waiting);
      this.#columns.delete(place);
      if (this.#kept.size > maxStates || last.states.length > maxStates) return { kind: "undecided" };
    }
    if (this.#accepted) return { kind: "whole" };
    return { kind: "astray", at: place, expected: this.#expectedIn(last) };
  }

  *#workThrough(column: Column, place: number): Generator<void, void, undefined> {
    const ends = new Map<Terminal, number>();
    let behind: number[] | undefined;
    // Grows while it is worked through.
    for (let index = 0; index < Math.min(column.states.length, maxStates + 1); index++) {
      const state = column.states[index] as State;
      const symbol = this.#symbols[state.item];
      if (this.#effort.spend(stateSteps)) yield;
      if (symbol === undefined) yield* this.#complete(state, place, column);
      else if (typeof symbol === "number") this.#await(symbol, state, place, column);
      else {
        let end = ends.get(symbol);
        if (end === undefined) {
          end = yield* symbol.matchAt(this.#text, place, this.#effort);
          ends.set(symbol, end);
        }
        if (end > place) this.#add(this.#column(end), state.item + 1, state.origin);
        if (symbol.empty) this.#add(column, state.item + 1, state.origin);
        // What may be read here may be read behind what is ignored.
        behind ??= yield* this.#endsOfIgnored(place);
        for (const to of behind) this.#add(this.#column(to), state.item, state.origin);
      }
    }
    if (!column.whole) return;
    if (place === this.#text.length) this.#accepted = true;
    behind ??= yield* this.#endsOfIgnored(place);
    for (const to of behind) this.#column(to).whole = true;
  }

  *#complete({ item, origin }: State, place: number, column: Column): Generator<void, void, undefined> {
    const rule = this.#ruleOf.get(item) ?? 0;
    if (rule === 0 && origin === 0) column.whole = true;
    if (origin === place) {
      for (const waiting of column.waiting.get(rule) ?? []) {
        if (this.#effort.spend(stateSteps)) yield;
        this.#add(column, waiting.item + 1, waiting.origin);
      }
      return;
    }
    const [from, to] = this.#kept.rangeOf(origin, rule);
    if (to - from === 1) yield* this.#shorten(from);
    for (let number = from; number < to; number++) {
      if (this.#effort.spend(stateSteps)) yield;
      const waiting = this.#kept.at(number);
      this.#add(column, waiting.item + 1, waiting.origin);
    }
  }

  /**
   * Where the only state that waits has nothing more to read behind the rule, its own rule is complete with it, and so may be
   * the next: a right recursion, which would be climbed once more at each place. The state is replaced by the one at the top,
   * for all of these on the way (Leo's treatment of right recursion). What is left out on the way would be of no other use.
   *
   * It does not go round in a circle: the first of its rules that was awaited in a place was so by a state outside.
   */
  *#shorten(first: number): Generator<void, void, undefined> {
    const passed: number[] = [];
    let top = first;
    for (;;) {
      const { item, origin } = this.#kept.at(top);
      const rule = this.#ruleOf.get(item + 1);
      // The whole text is told by the end of the start, which is not to be left out.
      if (rule === undefined || (rule === 0 && origin === 0)) break;
      const [from, to] = this.#kept.rangeOf(origin, rule);
      if (to - from !== 1) break;
      passed.push(top);
      top = from;
      if (this.#effort.spend(stateSteps)) yield;
    }
    const state = this.#kept.at(top);
    for (const number of passed) this.#kept.replace(number, state);
  }

  #await(rule: number, state: State, place: number, column: Column): void {
    const waiting = column.waiting.get(rule);
    if (waiting) waiting.push(state);
    else {
      column.waiting.set(rule, [state]);
      this.#predict(rule, column, place);
    }
    if (this.#rules.nullable[rule]) this.#add(column, state.item + 1, state.origin);
  }

  #predict(rule: number, column: Column, origin: number): void {
    for (const begin of this.#begins[rule] ?? []) this.#add(column, begin, origin);
  }

  #add(column: Column, item: number, origin: number): void {
    const key = origin * this.#symbols.length + item;
    if (column.seen.has(key)) return;
    column.seen.add(key);
    column.states.push({ item, origin });
  }

  #column(place: number): Column {
    let column = this.#columns.get(place);
    if (column === undefined) {
      column = { states: [], seen: new Set(), waiting: new Map(), whole: false };
      this.#columns.set(place, column);
      insert(this.#places, place);
    }
    return column;
  }

  /** Where what is ignored ends that begins at a place. */
  *#endsOfIgnored(place: number): Generator<void, number[], undefined> {
    const ends: number[] = [];
    for (const ignored of this.#rules.ignored) {
      const end = yield* ignored.matchAt(this.#text, place, this.#effort);
      if (end > place) ends.push(end);
    }
    return ends;
  }

  #expectedIn(column: Column | undefined): string[] {
    const expected = new Set<string>();
    for (const { item } of column?.states ?? []) {
      const symbol = this.#symbols[item];
      if (typeof symbol === "object") expected.add(symbol.name);
    }
    return [...expected];
  }
}

/** Adds a number to others that are in order. */
function insert(numbers: number[], number: number): void {
  let at = numbers.length;
  while (at > 0 && (numbers[at - 1] as number) > number) at--;
  numbers.splice(at, 0, number);
}
