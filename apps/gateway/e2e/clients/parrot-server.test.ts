import { describeWith, startGateway, waitFor } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type ParrotDoors, parrot, startParrotDoors } from "./parrot-doors.ts";

const key = "sk-parrot-key";
/** As long as the context allows, whatever the model would rather say. */
const endless = {
  ...parrot,
  input: "say apple",
  top_logprobs: 20,
  text: {
    format: {
      type: "json_schema" as const,
      name: "letters",
      schema: { type: "array", items: { type: "string", enum: ["a", "b"] }, minItems: 900, maxItems: 900 },
    },
  },
};

describeWith("llama-server", "a real llama-server", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors({ key });
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  /** How many of the four slots are at work. */
  async function busySlots(): Promise<number> {
    const response = await fetch(parts.llama.url.replace("/v1", "/slots"), {
      headers: { authorization: `Bearer ${key}` },
    });
    const slots = (await response.json()) as { is_processing: boolean }[];
    return slots.filter(({ is_processing }) => is_processing).length;
  }

  describe.for(doorNames)("through %s", (door) => {
    test("gets its key from the gateway, whatever the client sent", async () => {
      const client = parts.client(door);
      const response = await client.responses.create({ ...parrot, input: "say apple" });
      expect(response.output_text).toBe("apple");
      expect((await client.models.list()).data.map(({ id }) => id)).toContain("parrot");
      expect(JSON.stringify(await parts.doors.gateway.settledLogs())).not.toContain(key);
    });

    test("has all its slots back at once when the clients leave", async () => {
      const client = parts.client(door);
      const cancelled = () => parts.llama.logs().filter((line) => line.includes("cancel task")).length;
      const before = cancelled();
      const streams = await Promise.all(
        [1, 2, 3, 4].map(() => client.responses.create({ ...endless, stream: true })),
      );
      const ids = await Promise.all(
        streams.map(async (stream) => {
          let id = "";
          for await (const event of stream) {
            if (event.type === "response.created") ({ id } = event.response);
            // Leaving the loop hangs up; the first token has come while the server is at work on the others.
            if (event.type === "response.output_text.delta") break;
          }
          return id;
        }),
      );
      await waitFor(async () => (await busySlots()) === 0, { what: "all slots to be free" });
      await waitFor(() => cancelled() - before === 4, { what: "four cancelled tasks in the server's log" });
      for (const id of ids) {
        const stored = await waitFor(
          async () => {
            const response = await client.responses.retrieve(id);
            return response.status !== "in_progress" && response;
          },
          { what: "the response to leave in_progress" },
        );
        expect(stored).toMatchObject({ status: "cancelled", output: [{ status: "incomplete" }] });
      }
      const next = await client.responses.create({ ...parrot, input: "say river" });
      expect(next.output_text).toBe("river");
    });
  });

  test("that does not know the gateway's key is the gateway's fault, and the key is not told", async () => {
    const wrong = "sk-not-the-parrots";
    await using gateway = await startGateway({
      config: { backends: { parrot: { url: parts.llama.url, key: wrong } } },
    });
    const client = new OpenAI({ baseURL: `${gateway.http}/v1`, apiKey: key, maxRetries: 0 });
    const error = await client.responses.create({ ...parrot, input: "hello" }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 500, code: "upstream_auth" });
    expect(`${error} ${JSON.stringify([error, await gateway.settledLogs()])}`).not.toContain(wrong);
  });
});
