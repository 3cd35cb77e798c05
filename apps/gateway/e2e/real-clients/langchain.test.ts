import { type RecordedRequest, reasoningThenText, type Script, text, toolCalls } from "@gateway/testkit";
import { type AIMessageChunk, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { shownOutputs } from "../mcp/calling-model.ts";

const weather = tool(async ({ city }: { city: string }) => `It rains in ${city}.`, {
  name: "weather",
  description: "Tells the weather.",
  schema: z.object({ city: z.string() }),
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

describe.for(doorNames)("LangChain through %s", (door) => {
  const modelWith = (options: Partial<ConstructorParameters<typeof ChatOpenAI>[0] & object> = {}) =>
    new ChatOpenAI({
      model: "scripted",
      apiKey: "none",
      useResponsesApi: true,
      maxRetries: 0,
      configuration: { baseURL: `${doors.url(door)}/v1` },
      ...options,
    });
  /** Roles of what the model was shown last. */
  const shown = () => (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ role }) => role).join(" ");

  test.for([
    { streaming: false, store: true },
    { streaming: true, store: true },
    { streaming: true, store: false },
  ])(
    "calls functions side by side and answers (streamed: $streaming, stored: $store)",
    async ({ streaming, store }) => {
      doors.backend.setDefault(looking);
      const model = modelWith({ zdrEnabled: !store, reasoning: { summary: "auto" } }).bindTools([weather]);
      const messages: BaseMessage[] = [new HumanMessage("What is the weather?")];
      for (let turn = 0; turn < 2; turn++) {
        let answer: AIMessageChunk;
        if (streaming) {
          const chunks: AIMessageChunk[] = [];
          for await (const chunk of await model.stream(messages)) chunks.push(chunk);
          answer = chunks.reduce((sum, chunk) => sum.concat(chunk));
        } else answer = await model.invoke(messages);
        messages.push(answer);
        for (const call of answer.tool_calls ?? [])
          messages.push(await weather.invoke({ ...call, type: "tool_call" }));
      }
      expect(messages.map(({ type }) => type)).toEqual(["human", "ai", "tool", "tool", "ai"]);
      const last = messages.at(-1) as AIMessageChunk;
      expect(last.text).toBe("Take an umbrella.");
      expect(last.usage_metadata).toMatchObject({ input_tokens: 10, output_tokens: 6 });
      expect(shown()).toBe("user assistant tool tool");
      expect(shownOutputs(doors.backend.requests.at(-1))).toEqual(["It rains in Oslo.", "It rains in Rome."]);

      doors.backend.setDefault(text("You are welcome."));
      const thanks = await model.invoke([...messages, new HumanMessage("Thank you.")]);
      expect(thanks.text).toBe("You are welcome.");
      expect(doors.backend.requests.at(-1)?.body.messages?.at(-2)).toMatchObject({
        role: "assistant",
        content: "Take an umbrella.",
      });
    },
  );

  test("streams word by word", async () => {
    doors.backend.setDefault(text("One two three."));
    const words: string[] = [];
    for await (const { text: word } of await modelWith().stream("Count.")) if (word !== "") words.push(word);
    expect(words).toEqual(["One", " two", " three."]);
  });

  test("leaves the history to the gateway", async () => {
    doors.backend.setDefault(text("Hello."));
    const first = await modelWith().invoke("My name is Ada.");
    const previous = first.response_metadata.id as string;
    await modelWith().invoke("What is my name?", { previous_response_id: previous });
    expect(shown()).toBe("user assistant user");
  });

  test("gets objects of the form it asks for", async () => {
    doors.backend.setDefault(text('{"city":"Oslo","country":"NO"}'));
    const form = z.object({ city: z.string(), country: z.string() });
    const place = await modelWith().withStructuredOutput(form, { method: "jsonSchema" }).invoke("Where?");
    expect(place).toEqual({ city: "Oslo", country: "NO" });
    expect(doors.backend.requests.at(-1)?.body.response_format).toMatchObject({ type: "json_schema" });
  });
});
