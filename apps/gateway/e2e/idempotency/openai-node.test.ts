import { contentChunk, cut, errorAnswer, roleChunk, text } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";

const ask = { model: "scripted", input: "hi" };

describe.for(oneDoor)("idempotency keys of the official client through %s", (door) => {
  let doors: KnowledgeDoors;
  beforeAll(async () => {
    doors = await startKnowledge();
    doors.backend.setDefault(text("Fine words indeed"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** A client that sends the request option `idempotencyKey`: it does so once it knows the header's name. */
  function client(maxRetries = 0, send: typeof fetch = fetch): OpenAI {
    const made = new OpenAI({ baseURL: doors.url(door), apiKey: "none", maxRetries, fetch: send });
    return Object.assign(made, { idempotencyHeader: "Idempotency-Key" });
  }

  test("the same key gives the same response, streamed or not", async () => {
    const options = { idempotencyKey: "node-plain" };
    const first = await client().responses.create(ask, options);
    const { data, response } = await client().responses.create(ask, options).withResponse();
    expect(data).toEqual(first);
    expect(response.headers.get("idempotent-replayed")).toBe("true");

    const streamed = { idempotencyKey: "node-stream" };
    const whole = await client().responses.stream(ask, streamed).finalResponse();
    expect(await client().responses.stream(ask, streamed).finalResponse()).toEqual(whole);
    expect(whole.id).not.toBe(first.id);
  });

  test("another body is an error that is not tried again", async () => {
    const options = { idempotencyKey: "node-reused" };
    await client().responses.create(ask, options);
    let tries = 0;
    const counted: typeof fetch = (...args) => {
      tries++;
      return fetch(...args);
    };
    const error = await client(3, counted)
      .responses.create({ ...ask, input: "other" }, options)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    expect(error).toMatchObject({ code: "idempotency_key_reused", param: null });
    expect(tries).toBe(1);
  });

  test("a retry of the client itself makes the answer where the first try has failed", async () => {
    doors.backend.enqueue(errorAnswer(500, { message: "out of memory" }));
    doors.backend.enqueue(roleChunk(), contentChunk("Fi"), cut());
    const before = doors.backend.requests.length;
    const options = { idempotencyKey: "node-retry" };
    const response = await client(3).responses.create(ask, options);
    expect(response.output_text).toBe("Fine words indeed");
    expect(doors.backend.requests.length).toBe(before + 3);
    expect(await client().responses.create(ask, options)).toEqual(response);
  });

  test("a client of which the answer was lost gets it by its own retry", async () => {
    let lost = 0;
    const flaky = new OpenAI({
      baseURL: doors.url(door),
      apiKey: "none",
      maxRetries: 2,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (lost++ > 0) return response;
        await response.text();
        throw new TypeError("the connection was lost on the way back");
      },
    });
    const before = doors.backend.requests.length;
    const headers = { "Idempotency-Key": "node-lost" };
    const { data, response } = await flaky.responses.create(ask, { headers }).withResponse();
    expect(data.output_text).toBe("Fine words indeed");
    expect(response.headers.get("idempotent-replayed")).toBe("true");
    expect(doors.backend.requests.length).toBe(before + 1);
  });
});
