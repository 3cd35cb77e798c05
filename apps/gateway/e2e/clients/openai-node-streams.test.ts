import { contentChunk, done, finishChunk, gate, hang, roleChunk, text, toolCalls } from "@gateway/testkit";
import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { answerKinds, type SeenAnswer } from "./answer-kinds.ts";

const ask = { model: "scripted", input: "hi" };
const place = z.object({ city: z.string(), country: z.enum(["FR", "NO"]) });
const paris = { city: "Paris", country: "FR" };

describe.for(doorNames)("the official Node client through %s", (door) => {
  let doors: Doors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startDoors();
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
    for (const { name, backend } of answerKinds) doors.backend.byModel(name, backend);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  describe.for(answerKinds)("sees an answer of the kind '$name'", ({ name: model, request, answer }) => {
    const body = { model, input: "hi", ...request };

    test("event by event", async () => {
      const stream = await client.responses.create({ ...body, stream: true });
      const events: OpenAI.Responses.ResponseStreamEvent[] = [];
      for await (const event of stream) events.push(event);
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, n) => n));
      expect(events.slice(0, 2).map(({ type }) => type)).toEqual([
        "response.created",
        "response.in_progress",
      ]);
      const last = events.at(-1);
      if (!last || !("response" in last)) throw new Error(`the last event is ${last?.type}`);
      expect(last.type).toBe(`response.${answer.status}`);
      expect(toSeenAnswer(last.response)).toEqual(answer);
    });

    test("through the helper, which adds the events up", async () => {
      const stream = client.responses.stream(body);
      const heard: string[] = [];
      let snapshot = "";
      let parts = "";
      stream.on("event", ({ type }) => heard.push(type));
      stream.on("response.output_text.delta", (event) => {
        parts += event.delta;
        ({ snapshot } = event);
      });
      const final = await stream.finalResponse();
      expect(heard.at(-1)).toBe(`response.${answer.status}`);
      expect(snapshot).toBe(parts);
      expect(parts).toBe(answer.text);
      expect(toSeenAnswer(final)).toEqual(answer);
      expect(final.output_text).toBe(answer.text);
    });

    test("in one piece, the same as stored", async () => {
      if (answer.status === "failed") {
        await expect(client.responses.create(body)).rejects.toMatchObject({
          status: 500,
          code: answer.reason,
        });
        return;
      }
      const response = await client.responses.create(body);
      expect(toSeenAnswer(response)).toEqual(answer);
      expect(response.output_text).toBe(answer.text);
      expect(await client.responses.retrieve(response.id)).toEqual(response);
    });
  });

  test("parses an answer that keeps to a schema, at once and streamed", async () => {
    doors.backend.setDefault(text(JSON.stringify(paris), { tokens: JSON.stringify(paris).split(/(?=")/) }));
    const body = { ...ask, text: { format: zodTextFormat(place, "place") } };
    const response = await client.responses.parse(body);
    expect(response.output_parsed).toEqual(paris);
    expect(doors.backend.requests.at(-1)?.body.response_format).toMatchObject({
      type: "json_schema",
      json_schema: { name: "place", strict: true, schema: { required: ["city", "country"] } },
    });
    const streamed = await client.responses.stream(body).finalResponse();
    expect(streamed.output_parsed).toEqual(paris);
  });

  test("parses the arguments of a call by its schema", async () => {
    doors.backend.setDefault(toolCalls([{ name: "locate", arguments: paris }]));
    const body = { ...ask, tools: [zodResponsesFunction({ name: "locate", parameters: place })] };
    for (const response of [
      await client.responses.parse(body),
      await client.responses.stream(body).finalResponse(),
    ]) {
      expect(response.output).toMatchObject([{ type: "function_call", parsed_arguments: paris }]);
    }
  });

  test("gets the first token while the model still thinks about the second", async () => {
    const rest = gate();
    doors.backend.setDefault([
      roleChunk(),
      contentChunk("one"),
      rest,
      contentChunk(" two"),
      finishChunk("stop"),
      done(),
    ]);
    const deltas: string[] = [];
    for await (const event of await client.responses.create({ ...ask, stream: true })) {
      if (event.type !== "response.output_text.delta") continue;
      deltas.push(event.delta);
      rest.open();
    }
    expect(deltas).toEqual(["one", " two"]);
  });

  test("ends the model's work by leaving the loop, by its controller and by a signal", async () => {
    const ways: ((stream: StartedStream, abort: AbortController) => boolean)[] = [
      () => true,
      (stream) => {
        stream.controller.abort();
        return false;
      },
      (_stream, abort) => {
        abort.abort();
        return false;
      },
    ];
    for (const leave of ways) {
      doors.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
      const abort = new AbortController();
      const stream = await client.responses.create({ ...ask, stream: true }, { signal: abort.signal });
      for await (const event of stream) {
        if (event.type === "response.output_text.delta" && leave(stream, abort)) break;
      }
      const asked = doors.backend.requests.at(-1);
      await asked?.whenAborted;
      expect(asked?.state).toBe("aborted");
    }
  });
});

type StartedStream = { controller: AbortController };

/** What of a response is the same in every client and language. */
function toSeenAnswer(response: OpenAI.Responses.Response): SeenAnswer {
  const seen: SeenAnswer = {
    status: response.status as SeenAnswer["status"],
    items: response.output.map(({ type }) => type),
    text: "",
  };
  const reason = response.error?.code ?? response.incomplete_details?.reason;
  if (reason !== undefined) seen.reason = reason;
  for (const item of response.output) {
    if (item.type === "function_call") {
      seen.calls ??= [];
      seen.calls.push({ name: item.name, arguments: JSON.parse(item.arguments) });
    } else if (item.type === "reasoning") {
      for (const part of item.content ?? []) seen.reasoning = (seen.reasoning ?? "") + part.text;
      for (const part of item.summary) seen.summary = (seen.summary ?? "") + part.text;
    } else if (item.type === "message") {
      for (const part of item.content) addPart(seen, part);
    }
  }
  return seen;
}

function addPart(seen: SeenAnswer, part: OpenAI.Responses.ResponseOutputMessage["content"][number]): void {
  if (part.type === "refusal") {
    seen.refusal = (seen.refusal ?? "") + part.refusal;
    return;
  }
  seen.text += part.text;
  if (part.logprobs?.length) seen.logprobs = part.logprobs.map(({ token }) => token);
  const links = part.annotations.flatMap((mark) => (mark.type === "url_citation" ? [mark.url] : []));
  if (links.length > 0) seen.links = links;
}
