import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case } from "./case.ts";
import { type CaseWorld, startCaseWorld } from "./case-world.ts";
import { checkTurn } from "./check-turn.ts";
import { modelOf, type PlayedTurn, playCase } from "./play-case.ts";
import { tables } from "./tables.ts";
import { toComparable } from "./to-comparable.ts";
import { type Way, ways } from "./ways.ts";

const all = Object.values(tables).flat();
let world: CaseWorld;
beforeAll(async () => {
  world = await startCaseWorld(all.flatMap((example) => ways.map((way) => modelOf(example, way))));
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("no two cases have one name, which is that of their model", () => {
  const names = all.map((example) => modelOf(example, ways[0] as Way));
  expect(names).toEqual([...new Set(names)]);
});

describe.for(Object.entries(tables))("%s: every way in tells the same of", ([, cases]) => {
  test.concurrent.for(cases)("$name", async (example) => {
    const played = await Promise.all(ways.map((way) => playCase(example, way, world)));
    const entrance = example.bare ? world.bare : world.full;
    for (const [at, way] of ways.entries()) {
      for (const [index, turn] of example.turns.entries()) {
        const seen = played[at]?.[index] as PlayedTurn;
        await checkTurn(turn, seen, way, entrance).catch((cause: Error) => {
          cause.message = `${way.name}, turn ${index + 1}: ${cause.message}`;
          throw cause;
        });
      }
    }
    const stories = ways.map((way, at) => ({ way, turns: played[at] ?? [], model: modelOf(example, way) }));
    const [first, ...others] = stories.map((story) => toStory(example, story));
    for (const [at, other] of others.entries()) expect(other, ways[at + 1]?.name).toEqual(first);
    // Only two of the forms have events.
    const [told, ...rest] = stories.flatMap(({ way, turns, model }) =>
      way.form === "json" ? [] : [turns.map(({ told: { events } }) => toComparable(events ?? null, model))],
    );
    for (const events of rest) expect(events).toEqual(told);
  });
});

/** What all ways have in common of a case: the answer to each turn, what the model was asked, and what is stored. */
function toStory(example: Case, { turns, model }: { turns: readonly PlayedTurn[]; model: string }): unknown {
  return turns.map(({ told, calls, input }, index) => {
    // A failure inside a stream has its code and words in common with an HTTP error, and no more.
    const failure = told.error ?? told.response?.error;
    const answer =
      example.turns[index]?.expect.failed === undefined
        ? (told.response ?? told.error)
        : { code: failure?.code, message: failure?.message };
    const asked = calls.map(({ body }) => body);
    // What of a failure is stored, only a client of its stream has the id of.
    const stored = failure === undefined || failure === null ? input : undefined;
    return toComparable({ answer, asked, stored }, model);
  });
}
