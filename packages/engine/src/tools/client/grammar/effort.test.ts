import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Effort } from "./effort.ts";

/** Work of so many parts, each counted as some steps. */
function* work(effort: Effort, parts: number, log: (part: number) => void = () => {}, steps = 1_000) {
  for (let part = 0; part < parts; part++) {
    log(part);
    if (effort.spend(steps)) yield;
  }
  return parts;
}

/** A clock that goes on by so much at each look. */
function ticking(by: number): () => number {
  let now = 0;
  return () => (now += by);
}

describe("an effort", () => {
  test("lets work be done, and counts it", async () => {
    const effort = new Effort();
    expect(await effort.workThrough(work(effort, 100))).toBe(100);
    expect(effort.steps).toBe(100_000);
    expect(effort.spent).toBe(false);
  });

  test("is spent after so many steps, by all that share it", async () => {
    const effort = new Effort({ steps: 150_000 });
    expect(await effort.workThrough(work(effort, 100))).toBe(100);
    expect(await effort.workThrough(work(effort, 100))).toBeUndefined();
    expect(effort.steps).toBeLessThan(160_000);
    expect(await effort.workThrough(work(effort, 1))).toBeUndefined();
  });

  test("is spent after so much time of work", async () => {
    const effort = new Effort({ time: 500, now: ticking(11) });
    expect(await effort.workThrough(work(effort, 1_000_000))).toBeUndefined();
    expect(effort.spent).toBe(true);
  });

  test("leaves the event loop to others in between", async () => {
    const effort = new Effort({ now: ticking(6) });
    let rounds = 0;
    let over = false;
    const working = effort.workThrough(work(effort, 1000)).finally(() => {
      over = true;
    });
    for (; !over; rounds++) await nextRound();
    expect(await working).toBe(1000);
    expect(rounds).toBeGreaterThan(50);
  });

  test("ends with the reason of its signal, while work is done and before", async () => {
    const abort = new AbortController();
    const effort = new Effort({ signal: abort.signal, now: ticking(11) });
    const reason = new Error("the caller is gone");
    const working = effort.workThrough(
      work(effort, 1_000_000, (part) => {
        if (part === 20) abort.abort(reason);
      }),
    );
    await expect(working).rejects.toBe(reason);
    expect(effort.steps).toBeLessThan(40_000);
    await expect(effort.workThrough(work(effort, 1))).rejects.toBe(reason);
  });
});

describe("of several at a time", () => {
  test("one has its turn in each round, and what is long is done one after the other", async () => {
    const log: string[] = [];
    const start = (name: string, parts: number) => {
      const effort = new Effort({ now: ticking(11) });
      return effort
        .workThrough(work(effort, parts, () => log.push(name), 5_000))
        .then(() => log.push(`${name}.`));
    };
    await Promise.all([start("a", 4), start("b", 4), start("c", 2), start("d", 2)]);
    // Each has begun before the first is done, and goes on when it is its turn.
    expect(log.slice(0, log.indexOf("a.")).sort()).toEqual(["a", "a", "a", "a", "b", "c", "d"]);
    expect(log.slice(log.indexOf("a."))).toEqual(["a.", "b", "b", "b", "b.", "c", "c.", "d", "d."]);
  });

  test("one that waits for its turn ends at once when its caller leaves", async () => {
    const long = new Effort({ now: ticking(11) });
    let over = false;
    const first = long.workThrough(work(long, 300)).finally(() => {
      over = true;
    });
    const abort = new AbortController();
    const second = new Effort({ signal: abort.signal, now: ticking(11) });
    const waiting = second.workThrough(work(second, 300));
    const third = new Effort({ now: ticking(11) });
    const after = third.workThrough(work(third, 300));
    await nextRound();
    abort.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    expect(over).toBe(false);
    expect(await Promise.all([first, after])).toEqual([300, 300]);
  });
});
