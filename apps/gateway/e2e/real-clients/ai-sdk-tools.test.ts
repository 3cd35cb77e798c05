import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, type StopCondition, streamText, type ToolSet, tool } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { calling, shownOutputs } from "../mcp/calling-model.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors?.[Symbol.asyncDispose]());

const ways = [
  [false, true],
  [true, true],
  [false, false],
  [true, false],
] as const;

describe.for(doorNames)("tools of OpenAI's in Vercel's AI SDK through %s", (door) => {
  let openai: ReturnType<typeof createOpenAI>;
  beforeAll(() => {
    openai = createOpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none" });
  });

  /** Runs a loop of model and tools, whole or streamed; what the SDK cannot read throws. */
  async function run(tools: ToolSet, streamed: boolean, store: boolean) {
    const stopWhen: StopCondition<ToolSet> = isStepCount(5);
    const request = {
      model: openai.responses("scripted"),
      ...{ prompt: "Go.", tools, stopWhen, maxRetries: 0, providerOptions: { openai: { store } } },
    };
    if (!streamed) return generateText(request);
    const result = streamText(request);
    for await (const part of result.fullStream) if (part.type === "error") throw part.error;
    return { text: await result.text, steps: await result.steps };
  }

  test.for(ways)("a local shell runs commands (streamed: %s, stored: %s)", async ([streamed, store]) => {
    const commands: unknown[] = [];
    const local_shell = openai.tools.localShell({
      execute: async ({ action }) => {
        commands.push(action);
        return { output: `out of ${action.command.join(" ")}` };
      },
    });
    const call = { name: "local_shell", arguments: { command: ["ls"], timeout_ms: null } };
    doors.backend.setDefault(calling([[call]], "That is all."));
    const { text } = await run({ local_shell }, streamed, store);
    expect(text).toBe("That is all.");
    expect(commands).toEqual([{ type: "exec", command: ["ls"], env: {} }]);
    expect(shownOutputs(doors.backend.requests.at(-1))).toEqual(["out of ls"]);
  });

  test.for(ways)("a function is found, then called (streamed: %s, stored: %s)", async ([streamed, store]) => {
    const sendMail = tool({
      description: "Sends a mail.",
      inputSchema: z.object({ to: z.string() }),
      execute: async ({ to }) => `Sent to ${to}.`,
      providerOptions: { openai: { deferLoading: true } },
    });
    const turns = [
      [{ name: "tool_search", arguments: { query: "mail" } }],
      [{ name: "sendMail", arguments: { to: "Ada" } }],
    ];
    doors.backend.setDefault(calling(turns, "Done."));
    const { text, steps } = await run(
      { sendMail, tool_search: openai.tools.toolSearch({}) },
      streamed,
      store,
    );
    expect(text).toBe("Done.");
    const made = steps
      .flatMap(({ toolCalls }) => toolCalls)
      .filter(({ toolName }) => toolName === "sendMail");
    expect(made).toMatchObject([
      { input: { to: "Ada" }, providerMetadata: { openai: { namespace: "sendMail" } } },
    ]);
    const messages = doors.backend.requests.at(-1)?.body.messages ?? [];
    const shown = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
    expect(shown.map(({ function: { name } }) => name)).toEqual(["tool_search", "sendMail"]);
    expect(shownOutputs(doors.backend.requests.at(-1))).toEqual([
      expect.stringContaining("- sendMail: Sends a mail."),
      "Sent to Ada.",
    ]);
  });
});
