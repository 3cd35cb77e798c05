import type { ResponseEvent } from "@gateway/protocol";
import { StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { EventReader } from "./event-reader.ts";
import { answerTo } from "./paced-model.ts";
import { Restarts } from "./restarts.ts";

describe.for(doorNames)("what a killed gateway had accepted, seen through %s by the next", (door) => {
  /** Kills the gateway while one response runs, another waits, and a third is written in the foreground. */
  async function killed() {
    const restarts = await Restarts.open({ background: { concurrency: 1 } }, 20);
    const client = restarts.doors.client(door);
    const place = restarts.place(doorNames.indexOf(door as never));
    const conversations = [await client.conversations.create({}), await client.conversations.create({})];
    const [first, second] = conversations.map(({ id }) => id);
    const ask = async (name: string, body: object) => {
      const question = restarts.toBody({ name, words: 400 });
      const reader = await EventReader.create(await place.up(), { ...question, ...body });
      await reader.until("response.created");
      return reader;
    };
    const running = await ask("running", { background: true, conversation: first });
    const queued = await ask("queued", { background: true, conversation: second });
    const foreground = await ask("foreground", {});
    for (const reader of [running, foreground])
      for (let n = 0; n < 3; n++) await reader.until("response.output_text.delta");
    await restarts.restart("SIGKILL");
    return {
      ...{ restarts, running, queued, foreground },
      conversations: [first ?? "", second ?? ""] as const,
      client: restarts.doors.client(door),
      base: await place.up(),
    };
  }

  test("a foreground response has failed, and its output is what had been said", async () => {
    const { restarts, foreground, client, base } = await killed();
    await using _ = restarts;
    const said = foreground.events.flatMap((event) =>
      event.type === "response.output_text.delta" ? [event.delta] : [],
    );
    const response = await client.responses.retrieve(foreground.id);
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "server_error" },
      output: [{ type: "message", status: "incomplete" }],
    });
    expect(response.output_text.startsWith(said.join(""))).toBe(true);
    const log = await EventReader.replay(base, foreground.id);
    await log.rest();
    const checker = new StreamChecker();
    for (const event of log.events) checker.push(event);
    checker.end();
  });

  test("conversations stay locked, what runs cannot be continued, and cancelling works", async () => {
    const { restarts, running, queued, conversations, client, base } = await killed();
    await using _ = restarts;
    const ask = { model: "scripted", input: "next, say 1 words." };
    for (const conversation of conversations)
      await expect(client.responses.create({ ...ask, conversation })).rejects.toMatchObject({
        code: "conversation_locked",
      });
    for (const { id } of [running, queued])
      await expect(client.responses.create({ ...ask, previous_response_id: id })).rejects.toMatchObject({
        code: "previous_response_in_progress",
      });

    for (const { id } of [queued, running]) {
      expect(await client.responses.cancel(id)).toMatchObject({ status: "cancelled" });
      const log = await EventReader.replay(base, id);
      const bytes = await log.rest();
      expect(bytes.endsWith("data: [DONE]\n\n")).toBe(true);
      const checker = new StreamChecker({ restarted: true });
      for (const event of log.events) checker.push(event);
    }
    for (const conversation of conversations) {
      const next = await client.responses.create({ ...ask, conversation });
      expect(next.output_text).toBe("next-0");
    }
  });

  test("each response is taken up once, those that ran and those that waited", async () => {
    await using restarts = await Restarts.open({ background: { concurrency: 2 } }, 20);
    const questions = Array.from({ length: 6 }, (_, n) => ({ name: `once${n}`, words: 40 }));
    const clients = questions.map((question, n) => restarts.ask(n, question));
    await Promise.all(clients.map(({ accepted }) => accepted));
    await restarts.doors.backend.waitForRequest(2);
    const before = restarts.doors.backend.requests.length;
    await restarts.restart("SIGKILL");
    await Promise.all(clients.map(({ over }) => over));
    for (const [n, client] of clients.entries())
      await restarts.check(client, questions[n] ?? { name: "none", words: 0 });
    const asked = restarts.doors.backend.requests
      .slice(before)
      .map(({ body }) => String(body.messages?.at(-1)?.content).split(",")[0]);
    expect(asked.sort()).toEqual(questions.map(({ name }) => name));
  });

  test("the official client adds a response up that was begun again", async () => {
    const restarts = await Restarts.open({ background: { concurrency: 1 } }, 20);
    await using _ = restarts;
    const question = { name: "again", words: 30, searches: true };
    const asked = await EventReader.create(restarts.doors.url(door), {
      ...restarts.toBody(question),
      background: true,
    });
    for (let n = 0; n < 3; n++) await asked.until("response.output_text.delta");
    await restarts.restart("SIGKILL");
    const client = restarts.doors.client(door);
    const events: ResponseEvent[] = [];
    const rest = await client.responses.retrieve(asked.id, { stream: true, starting_after: asked.last });
    for await (const event of rest) events.push(event as unknown as ResponseEvent);
    const checker = new StreamChecker({ restarted: true });
    for (const event of [...asked.events, ...events]) checker.push(event);
    checker.end();
    const whole = await client.responses.stream({ response_id: asked.id }).finalResponse();
    expect(whole.output_text).toBe(answerTo(question));
    // The search was made once.
    const types = whole.output.map(({ type }) => type);
    expect(types).toEqual(["file_search_call", "message"]);
    const searches = [...asked.events, ...events].filter(
      ({ type }) => type === "response.file_search_call.searching",
    );
    expect(searches).toHaveLength(1);
  });
});
