import { expect, test } from "vitest";
import { MessageQueue } from "./message-queue.ts";

test("messages come in order, those that waited and those that are waited for", async () => {
  const queue = new MessageQueue<number>(() => {});
  queue.push(1);
  queue.push(2);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const message of queue) seen.push(message);
  })();
  await Promise.resolve();
  queue.push(3);
  queue.end();
  await reading;
  expect(seen).toEqual([1, 2, 3]);
});

test("the source is told to pause when nobody reads, and to go on when the reader has caught up", async () => {
  let resumed = 0;
  const queue = new MessageQueue<number>(() => resumed++);
  let pushed = 1;
  while (queue.push(pushed)) pushed++;
  expect(pushed).toBeGreaterThan(1);
  for (let i = 1; i < pushed; i++) await queue.next();
  expect(resumed).toBe(0);
  await queue.next();
  expect(resumed).toBe(1);
});

test("an error comes after the messages before it, and each time", async () => {
  const queue = new MessageQueue<number>(() => {});
  queue.push(1);
  queue.fail(new Error("first"));
  queue.fail(new Error("second"));
  expect(await queue.next()).toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow("first");
  await expect(queue.next()).rejects.toThrow("first");
});

test("a reader that waits gets the error or the end at once", async () => {
  const failing = new MessageQueue<number>(() => {});
  const read = failing.next();
  failing.fail(new Error("gone"));
  await expect(read).rejects.toThrow("gone");

  const ending = new MessageQueue<number>(() => {});
  const last = ending.next();
  ending.end();
  expect(await last).toEqual({ done: true, value: undefined });
});
