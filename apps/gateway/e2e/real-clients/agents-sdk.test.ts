import { type RecordedRequest, reasoningThenText, type Script, text, toolCalls } from "@gateway/testkit";
import {
  Agent,
  applyPatchTool,
  OpenAIConversationsSession,
  OpenAIProvider,
  Runner,
  shellTool,
  tool,
} from "@openai/agents";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { calling, offeredNames, shownOutputs } from "../mcp/calling-model.ts";

const weather = tool({
  name: "weather",
  description: "Tells the weather.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `It rains in ${city}.`,
});
const forecaster = new Agent({
  name: "Forecaster",
  instructions: "You know the weather.",
  model: "scripted",
  tools: [weather],
});
const desk = new Agent({
  name: "Desk",
  instructions: "You pass questions on.",
  model: "scripted",
  handoffs: [forecaster],
});

/** The desk hands over to the forecaster, who looks and answers. */
const handingOver = (request: RecordedRequest): Script => {
  if (offeredNames(request).includes("transfer_to_Forecaster"))
    return toolCalls([{ name: "transfer_to_Forecaster", arguments: {} }]);
  const looked = shownOutputs(request).some((output) => output.startsWith("It rains"));
  if (!looked) return toolCalls([{ name: "weather", arguments: { city: "Oslo" } }], { text: "Let me look." });
  return reasoningThenText("Rain, then.", "Take an umbrella.");
};

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors?.[Symbol.asyncDispose]());

describe.for(doorNames)("the Agents SDK through %s", (door) => {
  let runner: Runner;
  let client: OpenAI;
  beforeAll(() => {
    const address = { baseURL: `${doors.url(door)}/v1`, apiKey: "none" };
    client = new OpenAI({ ...address, maxRetries: 0 });
    // Traces would go to OpenAI.
    runner = new Runner({
      modelProvider: new OpenAIProvider({ openAIClient: client }),
      tracingDisabled: true,
    });
  });
  /** What the model was shown by the requests since there were so many, by role. */
  const rolesSince = (before: number) =>
    doors.backend.requests
      .slice(before)
      .map(({ body }) => (body.messages ?? []).map(({ role }) => role).join(" "));

  test("hands a question over from one agent to another, who calls a function", async () => {
    const { backend } = doors;
    const before = backend.requests.length;
    backend.setDefault(handingOver);
    const result = await runner.run(desk, "How is the weather in Oslo?");
    expect(result.finalOutput).toBe("Take an umbrella.");
    expect(result.lastAgent?.name).toBe("Forecaster");
    expect(result.newItems.map(({ type }) => type)).toEqual([
      "handoff_call_item",
      "handoff_output_item",
      "message_output_item",
      "tool_call_item",
      "tool_call_output_item",
      "reasoning_item",
      "message_output_item",
    ]);
    expect(rolesSince(before)).toEqual([
      "system user",
      "system user assistant tool",
      "system user assistant tool assistant tool",
    ]);
    expect(result.state.usage.requests).toBe(3);
  });

  test("streams the same, event by event", async () => {
    const { backend } = doors;
    backend.setDefault(handingOver);
    const result = await runner.run(desk, "How is the weather in Oslo?", { stream: true });
    const [words, agents, names]: [string[], string[], string[]] = [[], [], []];
    for await (const event of result) {
      if (event.type === "agent_updated_stream_event") agents.push(event.agent.name);
      else if (event.type === "run_item_stream_event") names.push(event.name);
      else if (event.data.type === "output_text_delta") words.push(event.data.delta);
    }
    await result.completed;
    expect(words.join("|")).toBe("Let| me| look.|Take| an| umbrella.");
    expect(agents).toEqual(["Forecaster"]);
    expect(names).toEqual([
      "handoff_requested",
      "handoff_occurred",
      "message_output_created",
      "tool_called",
      "tool_output",
      "reasoning_item_created",
      "message_output_created",
    ]);
    expect(result.finalOutput).toBe("Take an umbrella.");
  });

  test("goes on with what was said, thoughts included, where it keeps the history itself", async () => {
    const { backend } = doors;
    backend.setDefault(handingOver);
    const first = await runner.run(desk, "How is the weather in Oslo?");
    backend.setDefault(text("You are welcome."));
    const second = await runner.run(forecaster, [...first.history, { role: "user", content: "Thank you." }]);
    expect(second.finalOutput).toBe("You are welcome.");
    const messages = backend.requests.at(-1)?.body.messages ?? [];
    expect(messages.slice(-2)).toMatchObject([
      { role: "assistant", content: "Take an umbrella.", reasoning_content: "Rain, then." },
      { role: "user", content: "Thank you." },
    ]);
  });

  test("remembers by a conversation, from one run to the next", async () => {
    const { backend } = doors;
    const session = new OpenAIConversationsSession({ client });
    backend.setDefault(handingOver);
    await runner.run(desk, "How is the weather in Oslo?", { session });
    backend.setDefault(text("You asked about Oslo."));
    const again = await runner.run(forecaster, "What did I ask?", { session });
    expect(again.finalOutput).toBe("You asked about Oslo.");
    const messages = backend.requests.at(-1)?.body.messages ?? [];
    expect(messages.filter(({ role }) => role === "user").map(({ content }) => content)).toEqual([
      "How is the weather in Oslo?",
      "What did I ask?",
    ]);
    expect(messages.filter(({ role }) => role === "tool")).toHaveLength(2);

    const items = await session.getItems();
    expect(items.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_result",
      "message",
      "function_call",
      "function_call_result",
      "reasoning",
      "message",
      "message",
      "message",
    ]);
    expect(await session.getItems(1)).toMatchObject([
      { role: "assistant", content: [{ text: "You asked about Oslo." }] },
    ]);
    expect(await session.popItem()).toMatchObject({ role: "assistant" });
    expect(await session.getItems()).toHaveLength(9);
    await session.clearSession();
    expect(session.sessionId).toBeUndefined();
  });

  test.for(["conversationId", "previousResponseId"] as const)(
    "leaves the history to the gateway, by %s",
    async (by) => {
      const { backend } = doors;
      backend.setDefault(calling([[{ name: "weather", arguments: { city: "Oslo" } }]], "Rain."));
      const conversationId = by === "conversationId" ? (await client.conversations.create()).id : undefined;
      const first = await runner.run(forecaster, "Oslo?", conversationId ? { conversationId } : {});
      const { lastResponseId } = first;
      const second = await runner.run(forecaster, "And Rome?", {
        ...(conversationId ? { conversationId } : { previousResponseId: lastResponseId as string }),
        stream: true,
      });
      await second.completed;
      expect(second.finalOutput).toBe("Rain.");
      const messages = backend.requests.at(-1)?.body.messages ?? [];
      expect(messages.map(({ role }) => role).join(" ")).toBe(
        "system user assistant tool assistant user assistant tool",
      );
    },
  );

  test("gets its answer in the form that it asks for", async () => {
    const { backend } = doors;
    const place = new Agent({
      name: "Atlas",
      model: "scripted",
      outputType: z.object({ city: z.string(), country: z.string() }),
    });
    backend.setDefault(text('{"city":"Oslo","country":"NO"}'));
    const { finalOutput } = await runner.run(place, "Where?");
    expect(finalOutput).toEqual({ city: "Oslo", country: "NO" });
    expect(backend.requests.at(-1)?.body.response_format).toMatchObject({ type: "json_schema" });
  });

  test("runs a shell and changes files for the model", async () => {
    const { backend } = doors;
    const [commands, changes]: [string[], object[]] = [[], []];
    const change = async (operation: object) => {
      changes.push(operation);
      return { status: "completed" as const, output: "Done." };
    };
    const coder = new Agent({
      name: "Coder",
      model: "scripted",
      tools: [
        shellTool({
          shell: {
            async run(action) {
              commands.push(...action.commands);
              return {
                output: [{ stdout: "let a = 1;", stderr: "", outcome: { type: "exit", exitCode: 0 } }],
              };
            },
          },
        }),
        applyPatchTool({ editor: { createFile: change, updateFile: change, deleteFile: change } }),
      ],
    });
    const patch = { type: "update_file", path: "a.ts", diff: "@@\n-let a = 1;\n+let a = 2;" };
    backend.setDefault(
      calling(
        [
          [{ name: "shell", arguments: { commands: ["cat a.ts"] } }],
          [{ name: "apply_patch", arguments: patch }],
        ],
        "Done.",
      ),
    );
    const result = await runner.run(coder, "Make it a 2.", { stream: true });
    await result.completed;
    expect(result.finalOutput).toBe("Done.");
    expect(commands).toEqual(["cat a.ts"]);
    expect(changes).toMatchObject([patch]);
    expect(shownOutputs(backend.requests.at(-1))).toEqual([
      expect.stringContaining("let a = 1;"),
      expect.stringContaining("Done."),
    ]);
  });
});
