import { expect, test } from "vitest";
import { KeyLocks } from "./key-locks.ts";

test("work for one key runs one after the other, in order, whether it fails or not", async () => {
  const locks = new KeyLocks();
  const events: string[] = [];
  const work = (name: string, fails = false) =>
    locks.run("key", async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const outcomes = await Promise.allSettled([work("a", true), work("b"), work("c")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("keys do not wait for each other", async () => {
  const locks = new KeyLocks();
  const held = Promise.withResolvers<void>();
  const first = locks.run("one", () => held.promise);
  expect(await locks.run("two", async () => "free")).toBe("free");
  held.resolve();
  await first;
});
