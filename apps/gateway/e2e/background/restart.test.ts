import { StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { EventReader } from "./event-reader.ts";
import type { PacedQuestion } from "./paced-model.ts";
import { Restarts } from "./restarts.ts";

/** A whole number from `low` to `high`, both included. */
function random(low: number, high: number): number {
  return low + Math.floor(Math.random() * (high - low + 1));
}

const kills = 4;

describe("a gateway that is killed in the middle of 30 background responses", () => {
  test(`${kills} times in a row: each is completed, and every client sees all of it once`, {
    timeout: 120_000,
  }, async () => {
    await using restarts = await Restarts.open({ background: { concurrency: 80 } }, 40);
    const questions = Array.from({ length: 30 }, (_, n): PacedQuestion => {
      return { name: `r${n}`, words: 15 + (n % 10) * 6, searches: n % 4 === 0 };
    });
    const followed = questions.map((question, n) => ({ question, client: restarts.ask(n, question) }));
    const late: { question: PacedQuestion; id: string }[] = [];
    const foreground: EventReader[] = [];
    const moments: number[] = [];

    for (let kill = 0; kill < kills; kill++) {
      if (kill === 0) await Promise.all(followed.map(({ client }) => client.accepted));
      for (const n of doorNames.keys()) {
        const name = `f${kill}${n}`;
        const base = await restarts.place(n).up();
        const reader = await EventReader.create(base, restarts.toBody({ name, words: 500 }));
        foreground.push(reader);
        void reader.rest().catch(() => {});
      }
      moments.push(random(20, 900));
      await restarts.pass(moments.at(-1) ?? 0);
      // Some that come just before the end: those that were accepted must not be lost.
      const base = await restarts.place(kill).up();
      const sent = Array.from({ length: 6 }, async (_, n) => {
        const question: PacedQuestion = { name: `l${kill}-${n}`, words: 10, searches: n % 2 === 0 };
        const answer = await fetch(`${base}/responses`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...restarts.toBody(question), background: true }),
        });
        if (answer.ok) late.push({ question, id: ((await answer.json()) as { id: string }).id });
      });
      const settled = Promise.allSettled(sent);
      // Now before all of them are accepted, now right after it.
      if (kill % 2 === 0) await restarts.pass(random(0, 30));
      else await settled;
      await restarts.restart("SIGKILL");
      await settled;
    }
    expect(late.length).toBeGreaterThanOrEqual((kills / 2) * 6);

    followed.push(...late.map(({ question, id }, n) => ({ question, client: restarts.follow(n, id) })));
    await Promise.all(followed.map(({ client }) => client.over));
    const breaks = followed.map(({ client }) => client.breaks);
    expect(Math.max(...breaks), `killed after ${moments.join(", ")} frames`).toBeGreaterThanOrEqual(kills);
    for (const { client, question } of followed) await restarts.check(client, question);
    expect(new Set(await Promise.all(followed.map(({ client }) => client.accepted))).size).toBe(
      followed.length,
    );

    const base = await restarts.place(0).up();
    for (const reader of foreground) await checkCut(base, reader);
    expect(await restarts.leftBehind()).toEqual([]);
  });
});

/** Checks a foreground response whose client was cut off with the gateway. */
async function checkCut(base: string, reader: EventReader): Promise<void> {
  const { id } = reader;
  const log = await EventReader.replay(base, id);
  const bytes = await log.rest();
  expect(bytes.startsWith(reader.bytes)).toBe(true);
  expect(reader.bytes).not.toContain("[DONE]");
  const checker = new StreamChecker({ restarted: true });
  for (const event of log.events) checker.push(event);
  checker.end();
  const stored = await (await fetch(`${base}/responses/${id}`)).json();
  expect(stored).toMatchObject({ status: "failed", error: { code: "server_error" }, background: false });
  expect(log.events.at(-1)).toMatchObject({ type: "response.failed", response: stored });
}

describe("a gateway that is ended in good order", () => {
  test("leaves its background responses to the next start, which goes on with them", {
    timeout: 60_000,
  }, async () => {
    await using restarts = await Restarts.open(
      { background: { concurrency: 6 }, shutdown: { grace: "200ms" } },
      25,
    );
    const questions = Array.from({ length: 16 }, (_, n): PacedQuestion => {
      return { name: `s${n}`, words: 20 + (n % 5) * 5, searches: n % 4 === 0 };
    });
    const followed = questions.map((question, n) => ({ question, client: restarts.ask(n, question) }));
    await Promise.all(followed.map(({ client }) => client.accepted));
    for (let end = 0; end < 3; end++) {
      await restarts.pass(random(10, 150));
      // Throws unless the exit code is 0.
      await restarts.restart("SIGTERM");
    }
    await Promise.all(followed.map(({ client }) => client.over));
    for (const { client, question } of followed) await restarts.check(client, question);
    expect(Math.max(...followed.map(({ client }) => client.breaks))).toBeGreaterThanOrEqual(3);
    expect(await restarts.leftBehind()).toEqual([]);
  });

  test("ends at once where nobody but background responses is left", async () => {
    await using restarts = await Restarts.open({ background: { concurrency: 4 } }, 20);
    const client = restarts.doors.client("http");
    const question = { name: "alone", words: 60 };
    const { id } = await client.responses.create({ ...restarts.toBody(question), background: true });
    await restarts.doors.backend.waitForRequest(1);
    await restarts.restart("SIGTERM");
    const [, second] = [restarts.doors.backend.requests[0], await restarts.doors.backend.waitForRequest(2)];
    expect(restarts.doors.backend.requests[0]?.aborted).toBe(true);
    await second.whenEnded;
    const follower = restarts.follow(0, id);
    await follower.over;
    await restarts.check(follower, question);
  });
});
