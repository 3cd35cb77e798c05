import { waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { EmbedQueue } from "./embed-queue.ts";

/** A model that reads one window per word and answers when it is let go. */
function open(options: { fails?: string } = {}) {
  const steps: string[][] = [];
  const vectors: { id: number; index: number; vector: number[] }[] = [];
  const failures: number[] = [];
  const gate: (() => void)[] = [];
  const queue = new EmbedQueue(
    {
      windowsOf: (text) => text.split(" "),
      async embed(windows) {
        steps.push([...windows]);
        await new Promise<void>((resolve) => gate.push(resolve));
        if (options.fails !== undefined && windows.includes(options.fails)) throw new Error("no");
        return windows.map((window) => (window.startsWith("x") ? [1, 0] : [0, 1]));
      },
    },
    {
      onStep: () => {},
      onVector: (id, index, vector) => vectors.push({ id, index, vector: [...vector] }),
      onFailure: (id) => failures.push(id),
    },
  );
  const step = async () => {
    await waitFor(() => gate.length > 0, { what: "a step" });
    gate.shift()?.();
  };
  return { queue, steps, vectors, failures, step };
}

const long = (letter: string) => letter.repeat(700);

test("short texts of a call go through the model together", async () => {
  const { queue, steps, vectors, step } = open();
  queue.add(1, ["x", "y", "x"], false);
  await step();
  await waitFor(() => vectors.length === 3, { what: "three vectors" });
  expect(steps).toEqual([["x", "y", "x"]]);
});

test("the vector of a text is the mean of its windows at unit length", async () => {
  const { queue, vectors, step } = open();
  queue.add(1, ["x y"], false);
  await step();
  await waitFor(() => vectors.length === 1, { what: "the vector" });
  expect(vectors[0]?.vector).toEqual([expect.closeTo(Math.SQRT1_2, 6), expect.closeTo(Math.SQRT1_2, 6)]);
});

test("an urgent call goes between two steps of another, even within one text", async () => {
  const { queue, steps, vectors, step } = open();
  queue.add(1, [`${long("x")} ${long("y")}`, long("y")], false);
  queue.add(2, ["also patient"], false);
  await waitFor(() => steps.length === 1, { what: "the first step" });
  queue.add(3, ["urgent"], true);
  for (let count = 0; count < 5; count++) await step();
  await waitFor(() => vectors.length === 4, { what: "all vectors" });
  expect(steps.map(([first]) => first?.slice(0, 6))).toEqual([
    "xxxxxx",
    "urgent",
    "yyyyyy",
    "yyyyyy",
    "also",
  ]);
  expect(vectors.map(({ id }) => id)).toEqual([3, 1, 1, 2]);
});

test("a cancelled call takes no further step", async () => {
  const { queue, steps, vectors, step } = open();
  queue.add(1, [long("x"), long("x"), long("x")], false);
  queue.add(2, ["y"], false);
  await waitFor(() => steps.length === 1, { what: "the first step" });
  queue.cancel(1);
  await step();
  await step();
  await waitFor(() => vectors.some(({ id }) => id === 2), { what: "the other call" });
  expect(steps).toEqual([[long("x")], ["y"]]);
});

test("a call on which the model fails does not stop the next one", async () => {
  const { queue, vectors, failures, step } = open({ fails: "bad" });
  queue.add(1, ["bad"], false);
  queue.add(2, ["good"], false);
  await step();
  await step();
  await waitFor(() => vectors.length === 1, { what: "the other call" });
  expect(failures).toEqual([1]);
  expect(vectors[0]?.id).toBe(2);
});
