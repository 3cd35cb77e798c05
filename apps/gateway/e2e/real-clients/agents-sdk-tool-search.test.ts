import {
  Agent,
  OpenAIConversationsSession,
  OpenAIProvider,
  Runner,
  tool,
  toolSearchTool,
} from "@openai/agents";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { calling, offeredNames, shownOutputs } from "../mcp/calling-model.ts";

const sendMail = tool({
  name: "send_mail",
  description: "Sends a mail.",
  parameters: z.object({ to: z.string() }),
  execute: async ({ to }) => `Sent to ${to}.`,
  deferLoading: true,
});
const clerk = new Agent({ name: "Clerk", model: "scripted", tools: [sendMail, toolSearchTool()] });
const search = [{ name: "tool_search", arguments: { query: "mail" } }];
const mail = { name: "send_mail", arguments: { to: "Ada" } };

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
});
afterAll(() => doors?.[Symbol.asyncDispose]());

describe.for(doorNames)("functions of the Agents SDK that are loaded later, through %s", (door) => {
  let client: OpenAI;
  let runner: Runner;
  beforeAll(() => {
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
    runner = new Runner({
      modelProvider: new OpenAIProvider({ openAIClient: client }),
      tracingDisabled: true,
    });
  });

  test.for([false, true])("are called in the way it knows them by (streamed: %s)", async (stream) => {
    doors.backend.setDefault(calling([search, [mail]], "Sent."));
    const result = stream ? await runner.run(clerk, "Write.", { stream }) : await runner.run(clerk, "Write.");
    if ("completed" in result) await result.completed;
    expect(result.finalOutput).toBe("Sent.");
    const called = result.newItems.flatMap(({ rawItem }) =>
      rawItem?.type === "function_call" ? [rawItem] : [],
    );
    expect(called).toMatchObject([{ name: "send_mail", namespace: "send_mail" }]);
    expect(shownOutputs(doors.backend.requests.at(-1)).at(-1)).toBe("Sent to Ada.");
  });

  test.for(["conversation", "history"])("are remembered by a %s, calls and all", async (kept) => {
    const session = kept === "conversation" ? new OpenAIConversationsSession({ client }) : undefined;
    doors.backend.setDefault(calling([search, [mail]], "Sent."));
    const first = await runner.run(clerk, "Write.", { ...(session && { session }) });
    doors.backend.setDefault(calling([], "I wrote to Ada."));
    const question = "What did you do?";
    const again = session
      ? await runner.run(clerk, question, { session })
      : await runner.run(clerk, [...first.history, { role: "user", content: question }]);
    expect(again.finalOutput).toBe("I wrote to Ada.");
    const request = doors.backend.requests.at(-1);
    expect(offeredNames(request)).toContain("send_mail");
    const made = (request?.body.messages ?? []).flatMap(({ tool_calls }) => tool_calls ?? []);
    expect(made.map((call) => call.function.name)).toEqual(["tool_search", "send_mail"]);
  });
});
