import { createOpenAI } from "@ai-sdk/openai";
import { type RecordedRequest, reasoningThenText, type Script, text, toolCalls } from "@gateway/testkit";
import { generateText, isStepCount, Output, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { shownOutputs } from "../mcp/calling-model.ts";

const weather = tool({
  description: "Tells the weather.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `It rains in ${city}.`,
});

/** A model that looks at the weather in two places at once and then thinks about it. */
const looking = (request: RecordedRequest): Script =>
  shownOutputs(request).length === 0
    ? toolCalls([
        { name: "weather", arguments: { city: "Oslo" } },
        { name: "weather", arguments: { city: "Rome" } },
      ])
    : reasoningThenText("Rain in both.", "Take an umbrella.");

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors?.[Symbol.asyncDispose]());

describe.for(doorNames)("Vercel's AI SDK through %s", (door) => {
  let model: ReturnType<ReturnType<typeof createOpenAI>["responses"]>;
  beforeAll(() => {
    model = createOpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none" }).responses("scripted");
  });
  // The SDK knows by their names which of OpenAI's models think; of any other it has to be told.
  const thinking = { forceReasoning: true, reasoningSummary: "auto" };
  const ask = { prompt: "What is the weather?", tools: { weather }, stopWhen: isStepCount(5), maxRetries: 0 };
  /** Roles of what the model was shown last. */
  const shown = () => (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ role }) => role).join(" ");

  test("calls functions side by side and answers", async () => {
    doors.backend.setDefault(looking);
    const result = await generateText({ ...ask, model });
    expect(result.text).toBe("Take an umbrella.");
    expect(result.warnings).toEqual([]);
    expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
    expect(result.steps[0]?.toolResults).toMatchObject([
      { output: "It rains in Oslo." },
      { output: "It rains in Rome." },
    ]);
    expect(shown()).toBe("user assistant tool tool");
    expect(result.totalUsage.totalTokens).toBeGreaterThan(20);
  });

  test("streams calls, results and words in their order", async () => {
    doors.backend.setDefault(looking);
    const result = streamText({ ...ask, model, providerOptions: { openai: thinking } });
    const [types, thoughts, results]: [string[], string[], unknown[]] = [[], [], []];
    for await (const part of result.fullStream) {
      if (part.type === "error") throw part.error;
      if (part.type === "reasoning-delta") thoughts.push(part.text);
      // A result comes when its function is done, before or after the next call.
      if (part.type === "tool-result") results.push(part.output);
      else if (types.at(-1) !== part.type) types.push(part.type);
    }
    expect(await result.text).toBe("Take an umbrella.");
    expect(thoughts.join("")).toBe("Rain in both.");
    expect(results).toEqual(["It rains in Oslo.", "It rains in Rome."]);
    expect(types.filter((type) => /^(tool-call|reasoning-\w+|text-\w+|finish)$/.test(type))).toEqual([
      "tool-call",
      "tool-call",
      "reasoning-start",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-end",
      "finish",
    ]);
  });

  test.for([true, false])("goes on with what was said (stored: %s)", async (store) => {
    doors.backend.setDefault(looking);
    const providerOptions = { openai: { ...thinking, store } };
    const first = await generateText({ ...ask, model, providerOptions });
    doors.backend.setDefault(text("You are welcome."));
    const said = [{ role: "user" as const, content: ask.prompt }, ...first.responseMessages];
    const second = await generateText({
      ...{ model, providerOptions, maxRetries: 0, tools: { weather } },
      messages: [...said, { role: "user", content: "Thank you." }],
    });
    expect(second.text).toBe("You are welcome.");
    expect(shown()).toBe("user assistant tool tool assistant user");
    const messages = doors.backend.requests.at(-1)?.body.messages ?? [];
    expect(messages[1]?.tool_calls).toHaveLength(2);
    expect(messages[4]).toMatchObject({
      content: "Take an umbrella.",
      ...(store && { reasoning_content: "Rain in both." }),
    });
  });

  test("leaves the history to the gateway", async () => {
    doors.backend.setDefault(text("Hello."));
    const first = await generateText({ model, prompt: "My name is Ada.", maxRetries: 0 });
    const previousResponseId = first.providerMetadata?.openai?.responseId as string;
    await generateText({
      ...{ model, prompt: "What is my name?", maxRetries: 0 },
      providerOptions: { openai: { previousResponseId } },
    });
    expect(shown()).toBe("user assistant user");
  });

  test.for([false, true])("gets objects of the form it asks for (streamed: %s)", async (streamed) => {
    doors.backend.setDefault(text('{"city":"Oslo","country":"NO"}'));
    const output = Output.object({ schema: z.object({ city: z.string(), country: z.string() }) });
    const request = { model, output, prompt: "Where?", maxRetries: 0 };
    const place = streamed ? await streamText(request).output : (await generateText(request)).output;
    expect(place).toEqual({ city: "Oslo", country: "NO" });
    expect(doors.backend.requests.at(-1)?.body.response_format).toMatchObject({
      type: "json_schema",
      json_schema: { strict: true },
    });
  });
});
