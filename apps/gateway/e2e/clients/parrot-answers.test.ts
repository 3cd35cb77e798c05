import { describeWith } from "@gateway/testkit";
import type OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { doorNames } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { type ParrotDoors, parrot, startParrotDoors } from "./parrot-doors.ts";

const pair = z.object({ fruit: z.enum(["pear", "plum"]), count: z.union([z.literal(3), z.literal(4)]) });

describeWith("llama-server", "a real model's answers", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    let client: OpenAI;
    beforeAll(() => {
      client = parts.client(door);
    });

    test("are what the model says, with the counts the server gives", async () => {
      const response = await client.responses.create({ ...parrot, input: "say apple river" });
      expect(response).toMatchObject({ status: "completed", model: "parrot", output_text: "apple river" });
      const { usage } = await parts.direct.chat.completions.create({
        ...parrot,
        messages: [{ role: "user", content: "say apple river" }],
      });
      expect(usage?.prompt_tokens).toBeGreaterThan(10);
      expect(response.usage).toMatchObject({
        input_tokens: usage?.prompt_tokens,
        output_tokens: usage?.completion_tokens,
        total_tokens: usage?.total_tokens,
      });
    });

    test("count what the server had in its cache", async () => {
      const ask = { ...parrot, input: "say cache me if you can" };
      await client.responses.create(ask);
      const again = await client.responses.create(ask);
      const { input_tokens = 0, input_tokens_details } = again.usage ?? {};
      expect(input_tokens_details?.cached_tokens).toBeGreaterThan(0);
      expect(input_tokens_details?.cached_tokens).toBeLessThanOrEqual(input_tokens);
    });

    test("stream token by token, as a legal stream", async () => {
      const { events, final, accumulated } = await postStream(parts.doors.url(door), {
        ...parrot,
        input: "say apple river",
        include: ["message.output_text.logprobs"],
      });
      const deltas = events.filter((event) => event.type === "response.output_text.delta");
      expect(deltas.map(({ delta }) => delta)).toEqual(["ap", "ple", " ", "ri", "ver"]);
      // One event a token: each carries the log probability of exactly its text.
      for (const { delta, logprobs } of deltas) {
        expect(logprobs).toMatchObject([{ token: delta, bytes: [...Buffer.from(delta)] }]);
      }
      expect(final.usage?.output_tokens).toBe(deltas.length + 1);
      expect(accumulated.output).toMatchObject(final.output);
    });

    test("carry log probabilities and as many alternatives as asked for", async () => {
      const response = await client.responses.create({ ...parrot, input: "say apple", top_logprobs: 3 });
      const [item] = response.output;
      const part = item?.type === "message" ? item.content[0] : undefined;
      const logprobs = part?.type === "output_text" ? (part.logprobs ?? []) : [];
      expect(logprobs.map(({ token }) => token).join("")).toBe("apple");
      for (const { token, logprob, top_logprobs } of logprobs) {
        expect(logprob).toBeLessThanOrEqual(0);
        expect(top_logprobs).toHaveLength(3);
        // At temperature 0 the token taken is the likeliest one.
        expect(top_logprobs[0]).toMatchObject({ token, logprob });
      }
    });

    test("follow the instructions of this turn, and not of the one before", async () => {
      const first = await client.responses.create({
        ...parrot,
        instructions: "My name is Ada.",
        input: "What is my name?",
      });
      expect(first.output_text).toBe("Your name is Ada.");
      expect(first.instructions).toBe("My name is Ada.");
      const second = await client.responses.create({
        ...parrot,
        previous_response_id: first.id,
        input: "say apple",
      });
      expect(second).toMatchObject({ instructions: null, output_text: "apple" });
    });

    test("use what was said three responses ago", async () => {
      let previous_response_id: string | null = null;
      let words = "";
      for (const input of ["My name is Ada.", "say apple", "What is my name?"]) {
        const response: OpenAI.Responses.Response = await client.responses.create({
          ...parrot,
          input,
          previous_response_id,
        });
        ({ id: previous_response_id, output_text: words } = response);
      }
      expect(words).toBe("Your name is Ada.");
    });

    test("use what was said in the conversation, and not in another", async () => {
      const conversation = await client.conversations.create({
        items: [{ type: "message", role: "user", content: "My name is Grace." }],
      });
      const ask = async (input: string) =>
        (await client.responses.create({ ...parrot, input, conversation: conversation.id })).output_text;
      await ask("say apple");
      expect(await ask("What is my name?")).toBe("Your name is Grace.");
      const items = await client.conversations.items.list(conversation.id);
      expect(items.data).toHaveLength(5);

      const other = await client.conversations.create();
      const stranger = await client.responses.create({
        ...parrot,
        input: "What is my name?",
        conversation: other.id,
      });
      expect(stranger.output_text).not.toContain("Grace");
    });

    test("that reach max_output_tokens are incomplete and say so", async () => {
      const { events, final } = await postStream(parts.doors.url(door), {
        ...parrot,
        input: "count to 20",
        max_output_tokens: 16,
      });
      expect(events.at(-1)?.type).toBe("response.incomplete");
      expect(final).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        max_output_tokens: 16,
        output: [{ status: "incomplete", content: [{ text: expect.stringMatching(/^1 2 3 4 5/) }] }],
        usage: { output_tokens: 16 },
      });
      const plain = await client.responses.create({ ...parrot, input: "count to 20", max_output_tokens: 16 });
      expect(plain).toMatchObject({ status: "incomplete", output_text: textOf(final) });
    });

    test("keep to a JSON schema that the prompt does not speak of", async () => {
      const response = await client.responses.parse({
        ...parrot,
        input: "say apple river",
        text: { format: zodTextFormat(pair, "pair") },
      });
      expect(pair.parse(response.output_parsed)).toEqual(JSON.parse(response.output_text));
      expect(response.text?.format).toMatchObject({ type: "json_schema", name: "pair", strict: true });
    });

    test("are JSON where only that is asked for", async () => {
      const response = await client.responses.create({
        ...parrot,
        input: "say apple river",
        max_output_tokens: 200,
        text: { format: { type: "json_object" } },
      });
      expect(JSON.parse(response.output_text)).toBeTypeOf("object");
    });

    test.for([{ stream: false }, { stream: true }])(
      "to more than the model can read are a 400 (stream: $stream)",
      async ({ stream }) => {
        const input = "apple ".repeat(4000);
        await expect(client.responses.create({ ...parrot, input, stream })).rejects.toMatchObject({
          status: 400,
          code: "context_length_exceeded",
          param: "input",
          message: expect.stringMatching(/2048/),
        });
      },
    );

    test("to a long history are a 400, too, and leave the history as it was", async () => {
      const conversation = await client.conversations.create({
        items: [{ type: "message", role: "user", content: "apple ".repeat(2000) }],
      });
      await expect(
        client.responses.create({ ...parrot, input: "say apple", conversation: conversation.id }),
      ).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
      expect((await client.conversations.items.list(conversation.id)).data).toHaveLength(1);
    });
  });
});

function textOf({ output }: { output: readonly unknown[] }): string {
  const [message] = output as { content: { text: string }[] }[];
  return message?.content[0]?.text ?? "";
}
