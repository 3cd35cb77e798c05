import { describeWith } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { functions, type ParrotDoors, parrot, startParrotDoors } from "../clients/parrot-doors.ts";
import { oneDoor } from "../doors.ts";

/** What one conversation may come to at this server. */
const window = 2048;
const key = "sk-parrot-key";

describeWith("llama-server", "a real llama-server", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors({ key });
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(oneDoor)("through %s", (door) => {
    let client: OpenAI;
    beforeAll(() => {
      client = parts.client(door);
    });

    /** More than fits, and a question that the model can answer only from what is newest. */
    const input: OpenAI.Responses.ResponseInput = [
      ...Array.from({ length: 30 }, () => [
        { role: "user" as const, content: `say ${"apple river ".repeat(10)}` },
        { role: "assistant" as const, content: "apple river ".repeat(10) },
      ]).flat(),
      { role: "user", content: "say apple river" },
    ];

    test("counts what a response then says it was shown", async () => {
      const ask = {
        model: "parrot",
        instructions: "Be kind",
        input: "What is the weather in Paris?",
        tools: functions("get_weather", "search"),
      };
      const { data, response } = await client.responses.inputTokens.count(ask).withResponse();
      expect(response.headers.get("x-gateway-token-count")).toBe("exact");
      const { usage } = await client.responses.create({ ...ask, temperature: 0 });
      expect(data.input_tokens).toBe(usage?.input_tokens);
    });

    test("counts a chain as the next response is shown it", async () => {
      const first = await client.responses.create({ ...parrot, input: "say apple" });
      const next = { previous_response_id: first.id, input: "say river" };
      const { input_tokens } = await client.responses.inputTokens.count({ model: "parrot", ...next });
      const second = await client.responses.create({ ...parrot, ...next });
      expect(input_tokens).toBe(second.usage?.input_tokens);
    });

    test("refuses what is too long as such", async () => {
      await expect(client.responses.create({ ...parrot, input })).rejects.toMatchObject({
        status: 400,
        code: "context_length_exceeded",
        param: "input",
      });
    });

    test("answers it with truncation, out of a window that is well filled", async () => {
      const ask = { ...parrot, input, truncation: "auto" as const, max_output_tokens: 32 };
      const { input_tokens } = await client.responses.inputTokens.count({
        model: "parrot",
        input,
        truncation: "auto",
      });
      const response = await client.responses.create(ask);
      expect(response.output_text).not.toBe("");
      const shown = response.usage?.input_tokens ?? 0;
      expect(shown).toBeLessThanOrEqual(window - 32);
      expect(shown).toBeGreaterThan(window / 2);
      // The count leaves the usual room for the answer, the response the little that was asked for.
      expect(input_tokens).toBeLessThanOrEqual(window - window / 8);
      expect(input_tokens).toBeLessThanOrEqual(shown);
      const listed = await client.responses.inputItems.list(response.id, { limit: 100 });
      expect(listed.data).toHaveLength(input.length);
    });

    test("refuses what cannot be made short enough", async () => {
      const long = `say ${"apple river ".repeat(500)}`;
      await expect(
        client.responses.create({
          ...parrot,
          input: [...input, { role: "user", content: long }],
          truncation: "auto",
        }),
      ).rejects.toMatchObject({
        status: 400,
        code: "context_length_exceeded",
        param: "input",
        message: expect.stringContaining(String(window)),
      });
    });
  });
});
