import type { ResponseEvent } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { drain, say } from "../testing/engine-world.ts";
import { events, finish, IdempotentWorld, isWaiting, made, settled } from "../testing/idempotent-world.ts";
import type { Script } from "../testing/scripted-model.ts";

const hello: Script = [[say.text("Hel")], [say.text("lo"), say.stop, say.usage(5, 7)]];

describe("a request that comes again while the first is worked on", () => {
  test("waits for its end, and gets the same", async () => {
    const world = new IdempotentWorld(hello);
    const first = made(await world.ask());
    const others = [world.ask(), world.ask()];
    await first.next();
    expect(await isWaiting(Promise.race(others))).toBe(true);
    const answer = await finish(first);
    expect(await Promise.all(others)).toEqual([1, 2].map(() => ({ answer })));
  });

  test("that comes at the very same time does not ask the model twice", async () => {
    const world = new IdempotentWorld(hello);
    const asked = Array.from({ length: 20 }, () => world.enter());
    const winner = await Promise.race(asked);
    expect(winner).toHaveProperty("run");
    expect(await isWaiting(Promise.all(asked))).toBe(true);
    if ("run" in winner) winner.run.end();
    // Nothing came of it, so that another one makes the answer; and so on, until none is left.
    for (let left = 19; left > 0; left--) {
      await settled();
      const runs = await Promise.all(
        asked.map((each) => Promise.race([each, settled().then(() => undefined)])),
      );
      expect(runs.filter((each) => each !== undefined)).toHaveLength(20 - left + 1);
      for (const each of runs) if (each !== undefined && "run" in each) each.run.end();
    }
  });

  test("follows a stream as soon as that has begun, and sees all of it", async () => {
    const world = new IdempotentWorld(hello);
    const first = made(await world.ask({ stream: true }));
    const second = world.ask({ stream: true });
    expect(await isWaiting(second)).toBe(true);
    await first.next();
    const { follow } = (await second) as { follow: string };
    const followed = events(world, follow);
    await finish(first);
    expect((await followed).map((json) => (JSON.parse(json) as ResponseEvent).type)).toEqual(
      expect.arrayContaining(["response.created", "response.completed"]),
    );
  });

  test("waits for the end of a stream that is not stored", async () => {
    const world = new IdempotentWorld(hello);
    const fields = { stream: true, store: false };
    const first = made(await world.ask(fields));
    const second = world.ask(fields);
    await first.next();
    expect(await isWaiting(second)).toBe(true);
    for await (const batch of first) {
      // The terminal event is the last that is sent: by then the answer is kept.
      if (batch.at(-1)?.type === "response.completed") break;
    }
    expect(await second).toMatchObject({ events: expect.any(Array) });
  });

  test("makes the answer itself when the first fails", async () => {
    const world = new IdempotentWorld([[say.text("Hel")], new Error("broken")], hello);
    const first = made(await world.ask());
    const others = [world.ask(), world.ask()];
    await drain(first);
    const winner = made(await Promise.race(others));
    const answer = await finish(winner);
    expect(answer.status).toBe("completed");
    const results = await Promise.all(others);
    expect(results.filter((each) => "answer" in each)).toEqual([{ answer }]);
    expect(world.model.seen).toHaveLength(2);
  });

  test("makes the answer itself when the first is cancelled, once that is stored", async () => {
    const world = new IdempotentWorld([[say.text("Hel")], "hang"], hello);
    const first = made(await world.ask());
    const second = world.ask();
    await first.next();
    await first.return();
    const answer = await finish(await second);
    expect(await world.ask()).toEqual({ answer });
    expect(world.responses.written).toEqual(["cancelled", "completed"]);
  });

  test("that follows a stream which is cancelled sees no end of it, and its next try is made anew", async () => {
    const world = new IdempotentWorld([[say.text("Hel")], "hang"], hello);
    const fields = { stream: true };
    const first = made(await world.ask(fields));
    await first.next();
    const { follow } = (await world.ask(fields)) as { follow: string };
    const followed = events(world, follow);
    await first.next();
    await first.return();
    const types = (await followed).map((json) => (JSON.parse(json) as ResponseEvent).type);
    expect(types.filter((type) => /^response\.(completed|incomplete|failed)$/.test(type))).toEqual([]);
    const answer = await finish(await world.ask(fields));
    expect(answer.id).not.toBe(follow);
    expect(await world.ask(fields)).toEqual({ follow: answer.id });
  });

  test("may leave while it waits, and nothing else changes", async () => {
    const world = new IdempotentWorld(hello);
    const first = made(await world.ask());
    const leaving = new AbortController();
    const second = world.ask({}, { signal: leaving.signal });
    expect(await isWaiting(second)).toBe(true);
    leaving.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    await expect(world.ask({}, { signal: leaving.signal })).rejects.toThrow("gone");
    const answer = await finish(first);
    expect(await world.ask()).toEqual({ answer });
  });
});
