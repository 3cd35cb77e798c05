import type { ResponseObject } from "@gateway/protocol";
import type { Offer } from "./tools/offer-tools.ts";

/** Calls of one turn that are carried out here; a model in a loop writes hundreds. */
export const maxAtOnce = 16;

/** Turns of one response. A model that still calls tools then is offered none that runs here any more. */
const maxTurns = 32;

/**
 * What `max_tool_calls` leaves to a response of tools that run here, whichever they are: those that were carried out stand
 * in its output. Also counts its turns, those of a former process as far as the output tells them apart.
 */
export class CallBudget {
  readonly #most: number;
  readonly #response: Pick<ResponseObject, "output">;
  readonly #servers: Offer["servers"];
  #turns: number;

  /** `most` calls may be carried out; any number where it is left out. */
  constructor(
    most: number | null | undefined,
    response: Pick<ResponseObject, "output">,
    { servers }: Pick<Offer, "servers">,
  ) {
    this.#most = most ?? Number.POSITIVE_INFINITY;
    this.#response = response;
    this.#servers = servers;
    this.#turns = this.#countTurns();
  }

  /** Calls that may still be carried out. */
  left(): number {
    const types = this.#types();
    return this.#most - this.#response.output.filter(({ type }) => types.has(type)).length;
  }

  /** Counts a turn whose calls have been carried out. */
  endTurn(): void {
    this.#turns++;
  }

  /** True when no tool that runs here may be called any more. */
  get spent(): boolean {
    return this.#turns >= maxTurns || this.left() <= 0;
  }

  /** The types of items that tell of calls. */
  #types(): ReadonlySet<string> {
    return new Set([...this.#servers.values()].map(({ itemType }) => itemType));
  }

  /** Calls with nothing between them count as one turn, as long as one can have had so many. */
  #countTurns(): number {
    const types = this.#types();
    let turns = 0;
    let together = 0;
    for (const { type } of this.#response.output) {
      if (!types.has(type)) {
        if (type !== "tool_search_output") together = 0;
        continue;
      }
      if (together % maxAtOnce === 0) turns++;
      together++;
    }
    return turns;
  }
}
