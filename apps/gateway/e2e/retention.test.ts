import type { ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { readSse, reasoningThenText, text, waitFor } from "@gateway/testkit";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { startDoors } from "./doors.ts";
import { isReplay, postKeyed, readWhole } from "./idempotency/keyed-post.ts";
import { postStream } from "./read-stream.ts";

const ask = { model: "scripted", input: "one" };

async function startWith(retention: object) {
  const doors = await startDoors({ store: { retention: { interval: "50ms", ...retention } } });
  onTestFinished(() => doors[Symbol.asyncDispose]());
  doors.backend.setDefault(text("fine words"));
  const client = new OpenAI({ baseURL: `${doors.gateway.http}/v1`, apiKey: "none", maxRetries: 0 });
  const gone = (ask: () => Promise<unknown>) =>
    waitFor(
      () =>
        ask().then(
          () => false,
          (error: { status?: number }) => error.status === 404,
        ),
      { what: "a 404" },
    );
  return { doors, client, gone };
}

test("what is over is not found any more, as if it had been deleted, and what comes after it is served", async () => {
  const { doors, client, gone } = await startWith({ responses: "2s", conversations: "2s" });
  const conversation = await client.conversations.create({ items: [{ role: "user", content: "zero" }] });
  const first = await client.responses.create(ask);
  const second = await client.responses.create({ ...ask, input: "two", previous_response_id: first.id });
  await gone(() => client.responses.retrieve(first.id));
  await gone(() => client.conversations.retrieve(conversation.id));
  await gone(() => client.responses.create({ ...ask, previous_response_id: first.id }));
  await gone(() => client.responses.retrieve(second.id));
  const third = await client.responses.create({ ...ask, input: "three" });
  const fourth = await client.responses.create({ ...ask, input: "four", previous_response_id: third.id });
  expect((await client.responses.retrieve(fourth.id)).status).toBe("completed");
  expect((await fetch(`${doors.gateway.http}/health/ready`)).status).toBe(200);
});

test("when only the events are over, the stream is told from the response", async () => {
  const { doors } = await startWith({ events: "1s" });
  const { final } = await postStream(doors.gateway.http, ask);
  await waitFor(() => doors.gateway.logs().some(({ event_logs: logs }) => logs === 1), {
    what: "the events to be removed",
  });
  const events: ResponseEvent[] = [];
  for await (const { data } of readSse(
    await fetch(`${doors.gateway.http}/v1/responses/${final.id}?stream=true`),
  )) {
    if (data !== "[DONE]") events.push(JSON.parse(data));
  }
  checkStream(events);
  expect(events.at(-1)).toMatchObject({ type: "response.completed", response: final });
  expect(events.filter(({ type }) => type === "response.output_text.delta")).toHaveLength(1);
});

test("a stream that is told again for its key, or by its id, shows what is asked for", async () => {
  const { doors } = await startWith({ events: "1s" });
  doors.backend.setDefault(reasoningThenText("Let me see.", "fine words"));
  const base = `${doors.gateway.http}/v1`;
  const body = { stream: true, include: ["reasoning.encrypted_content"] };
  const { final } = await readWhole(await postKeyed(base, body, { key: "k" }));
  await waitFor(() => doors.gateway.logs().some(({ event_logs: logs }) => logs === 1), {
    what: "the events to be removed",
  });
  const again = await postKeyed(base, body, { key: "k" });
  expect(isReplay(again)).toBe(true);
  expect((await readWhole(again)).final).toEqual(final);
  expect(final.output[0]).toHaveProperty("encrypted_content");

  const url = `${base}/responses/${final.id}?stream=true`;
  const asked = await readWhole(await fetch(`${url}&include[]=reasoning.encrypted_content`));
  expect(asked.final).toEqual(final);
  expect((await readWhole(await fetch(url))).final.output[0]).not.toHaveProperty("encrypted_content");
  expect((await fetch(`${url}&include[]=odd`)).status).toBe(422);
});
