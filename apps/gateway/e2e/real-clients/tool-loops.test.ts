import { createOpenAI } from "@ai-sdk/openai";
import { text, toolCalls } from "@gateway/testkit";
import { generateText, isStepCount, tool } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { calling, shownOutputs } from "../mcp/calling-model.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors?.[Symbol.asyncDispose]());

/** Clients that run a loop of tools and send again what the gateway has already. */
describe.for(oneDoor)("tool loops that repeat their history through %s", (door) => {
  let client: OpenAI;
  let ai: ReturnType<typeof createOpenAI>;
  beforeAll(() => {
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
    ai = createOpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none" });
  });
  const shownRoles = () => (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ role }) => role);

  test("the AI SDK in a conversation, which sends all outputs with each step", async () => {
    const { id: conversation } = await client.conversations.create();
    const steps = ["Oslo", "Rome", "Lima"].map((city) => [{ name: "weather", arguments: { city } }]);
    doors.backend.setDefault(calling(steps, "Rain everywhere."));
    const weather = tool({
      description: "Tells the weather.",
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `It rains in ${city}.`,
    });
    const result = await generateText({
      model: ai.responses("scripted"),
      prompt: "What is the weather?",
      tools: { weather },
      stopWhen: isStepCount(6),
      maxRetries: 0,
      providerOptions: { openai: { conversation } },
    });
    expect(result.text).toBe("Rain everywhere.");
    expect(shownOutputs(doors.backend.requests.at(-1))).toEqual([
      "It rains in Oslo.",
      "It rains in Rome.",
      "It rains in Lima.",
    ]);
    const items = await client.conversations.items.list(conversation, { order: "asc", limit: 100 });
    const types = items.data.map(({ type }) => type);
    expect(types.filter((type) => type === "function_call")).toHaveLength(3);
    expect(types.filter((type) => type === "function_call_output")).toHaveLength(3);
  });

  test("the AI SDK with a local shell, whose outputs have no ids", async () => {
    const shell = ai.tools.localShell({
      execute: async ({ action }) => ({ output: action.command.join(" ") }),
    });
    for (const store of [true, false]) {
      doors.backend.setDefault(
        calling([[{ name: "local_shell", arguments: { command: ["ls", "-l"] } }]], "Two files."),
      );
      const result = await generateText({
        model: ai.responses("scripted"),
        prompt: "What is here?",
        tools: { local_shell: shell },
        stopWhen: isStepCount(3),
        maxRetries: 0,
        providerOptions: { openai: { store } },
      });
      expect(result.text).toBe("Two files.");
      expect(shownOutputs(doors.backend.requests.at(-1))).toEqual(["ls -l"]);
    }
  });

  test("a client that sends the whole history along with the id of the last response", async () => {
    const question = { role: "user" as const, content: "What is the weather?" };
    const tools = [{ type: "function" as const, name: "weather", parameters: {}, strict: false }];
    const sent: OpenAI.Responses.ResponseInputItem[] = [question];
    let previous: string | undefined;
    for (const city of ["Oslo", "Rome"]) {
      doors.backend.setDefault(toolCalls([{ name: "weather", arguments: { city } }]));
      const { id, output } = await client.responses.create({
        model: "scripted",
        input: sent,
        tools,
        ...(previous && { previous_response_id: previous }),
      });
      const call = output.find((item) => item.type === "function_call");
      if (call === undefined) throw new Error("the model has called nothing");
      const { type, call_id, name } = call;
      // As Python writes it: with spaces.
      const args = JSON.stringify(JSON.parse(call.arguments)).replaceAll(":", ": ");
      sent.push(
        { type, call_id, name, arguments: args },
        { type: "function_call_output", call_id, output: `It rains in ${city}.` },
      );
      previous = id;
    }
    doors.backend.setDefault(text("Rain in both."));
    const last = await client.responses.create({
      model: "scripted",
      input: sent,
      tools,
      previous_response_id: previous as string,
    });
    expect(last.output_text).toBe("Rain in both.");
    expect(shownRoles()).toEqual(["user", "assistant", "tool", "assistant", "tool"]);
    const { data } = await client.responses.inputItems.list(last.id, { order: "asc" });
    expect(data.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
      "function_call",
      "function_call_output",
    ]);

    const other = { ...(sent[1] as OpenAI.Responses.ResponseFunctionToolCall), arguments: '{"city":"Bern"}' };
    doors.backend.setDefault(toolCalls([{ name: "weather", arguments: { city: "Oslo" } }]));
    const open = await client.responses.create({ model: "scripted", input: "hi", tools });
    const callId =
      open.output.flatMap((item) => (item.type === "function_call" ? [item.call_id] : []))[0] ?? "";
    await expect(
      client.responses.create({
        model: "scripted",
        input: [{ ...other, call_id: callId }],
        previous_response_id: open.id,
      }),
    ).rejects.toMatchObject({ status: 422, param: "input[0].call_id" });
    const answers = (output: string) => ({ type: "function_call_output" as const, call_id: callId, output });
    const answered = {
      model: "scripted",
      input: [answers("Rain."), answers("Sun.")],
      previous_response_id: open.id,
    };
    await expect(client.responses.create(answered)).rejects.toMatchObject({
      status: 422,
      param: "input[1].output",
      message: expect.stringContaining("already has another output"),
    });
  });
});
