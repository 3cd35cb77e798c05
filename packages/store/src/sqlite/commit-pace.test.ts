import { expect, test } from "vitest";
import { CommitPace } from "./commit-pace.ts";

function paceAt(clock: { ms: number }): CommitPace {
  return new CommitPace(2, () => clock.ms);
}

/** Commits as often as is asked for, `n` times; gives the pauses. */
function commits(pace: CommitPace, n: number): number[] {
  return Array.from({ length: n }, () => {
    const pause = pace.pause();
    pace.spend();
    return pause;
  });
}

test("some commits may follow each other at once, then there is a pause", () => {
  const pace = paceAt({ ms: 0 });
  expect(commits(pace, 18)).toEqual([...Array(16).fill(0), 2, 2]);
});

test("commits that are as far apart as the pause never wait", () => {
  const clock = { ms: 0 };
  const pace = paceAt(clock);
  for (let n = 0; n < 1000; n++) {
    expect(pace.pause()).toBe(0);
    pace.spend();
    clock.ms += 2;
  }
});

test("what was not used is saved for a burst, but for no more than one", () => {
  const clock = { ms: 0 };
  const pace = paceAt(clock);
  commits(pace, 16);
  clock.ms += 8;
  expect(commits(pace, 5)).toEqual([0, 0, 0, 0, 2]);
  clock.ms += 60_000;
  expect(commits(pace, 17)).toEqual([...Array(16).fill(0), 2]);
});
