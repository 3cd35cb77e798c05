import { expect, test } from "vitest";
import { EvenStarts } from "./even-starts.ts";

test("so many begin in one turn of the event loop, the others in the turns that follow, in order", async () => {
  const starts = new EvenStarts(3);
  let turn = 0;
  const count = () => {
    turn++;
    if (turn < 20) setImmediate(count);
  };
  // Before the first: what counts the turns comes first in each.
  setImmediate(count);
  const begun: [number, number][] = [];
  const all = Array.from({ length: 8 }, async (_, number) => {
    await starts.next();
    begun.push([number, turn]);
  });
  await Promise.all(all);
  expect(begun.map(([number]) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const turns = begun.map(([, each]) => each);
  expect(turns.slice(0, 3)).toEqual([0, 0, 0]);
  for (const each of new Set(turns))
    expect(turns.filter((other) => other === each).length).toBeLessThanOrEqual(3);
  expect(new Set(turns).size).toBe(3);
});

test("who comes when nobody waits begins at once", async () => {
  const starts = new EvenStarts(1);
  expect(starts.next()).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  expect(starts.next()).toBeUndefined();
});
