import { createOpenAI } from "@ai-sdk/openai";
import { echoTool, type McpTestServer, startMcpServer } from "@gateway/testkit";
import { generateText, isStepCount, type ModelMessage, streamText } from "ai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import type { KnowledgeDoors } from "../knowledge/knowledge-doors.ts";
import { calling, shownOutputs } from "../mcp/calling-model.ts";
import { startMcpDoors } from "../mcp/mcp-doors.ts";

let doors: KnowledgeDoors;
let server: McpTestServer;
beforeAll(async () => {
  doors = await startMcpDoors();
  server = await startMcpServer({
    tools: [
      echoTool("find", { annotations: { readOnlyHint: true, title: "Finder" } }),
      // One that its server says nothing of but its name.
      { name: "remove", run: ({ text }) => `removed ${text}` },
      {
        name: "fail",
        run: () => {
          throw new Error("It is broken.");
        },
      },
    ],
  });
});
afterAll(async () => {
  await doors?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe.for(doorNames)("MCP servers of Vercel's AI SDK through %s", (door) => {
  let openai: ReturnType<typeof createOpenAI>;
  beforeAll(() => {
    openai = createOpenAI({ baseURL: doors.url(door), apiKey: "none" });
  });
  beforeEach(() => {
    server.journal.calls.length = 0;
  });

  /** A tool of the server, as the SDK declares it. */
  const toolsThat = (requireApproval: "always" | "never") => ({
    mcp: openai.tools.mcp({ serverLabel: "docs", serverUrl: server.url, requireApproval }),
  });

  /** Asks, whole or streamed; what the SDK cannot read throws. */
  async function ask(
    messages: ModelMessage[],
    streamed: boolean,
    approval: "always" | "never",
    store = true,
  ) {
    const request = {
      model: openai.responses("scripted"),
      ...{ messages, tools: toolsThat(approval), stopWhen: isStepCount(3), maxRetries: 0 },
      providerOptions: { openai: { store } },
    };
    if (!streamed) {
      const { text, content, responseMessages, warnings } = await generateText(request);
      return { text, content, responseMessages, warnings };
    }
    const result = streamText(request);
    for await (const part of result.fullStream) if (part.type === "error") throw part.error;
    const [text, content, responseMessages, warnings] = await Promise.all([
      ...[result.text, result.content, result.responseMessages, result.warnings],
    ] as const);
    return { text, content, responseMessages, warnings };
  }

  const question: ModelMessage = { role: "user", content: "Tidy up." };
  const calls = [
    { name: "find", arguments: { text: "dust" } },
    { name: "remove", arguments: { text: "dust" } },
    { name: "fail", arguments: {} },
  ];

  test.for([
    [false, true],
    [true, true],
    [false, false],
    [true, false],
  ] as const)("are listed and called (streamed: %s, stored: %s)", async ([streamed, store]) => {
    doors.backend.setDefault(calling([calls], "All is clean."));
    const { text, content, responseMessages } = await ask([question], streamed, "never", store);
    expect(text).toBe("All is clean.");
    const results = content.filter(({ type }) => type === "tool-result");
    expect(results).toMatchObject([
      { toolName: "mcp.find", output: { serverLabel: "docs", output: 'find: {"text":"dust"}' } },
      { toolName: "mcp.remove", output: { serverLabel: "docs", output: "removed dust" } },
      { toolName: "mcp.fail", output: { serverLabel: "docs", error: { message: "It is broken." } } },
    ]);
    doors.backend.setDefault(calling([], "You are welcome."));
    const next = [question, ...responseMessages, { role: "user" as const, content: "Thank you." }];
    expect((await ask(next, streamed, "never", store)).text).toBe("You are welcome.");
    expect(server.journal.calls.map(({ name }) => name)).toEqual(["find", "remove", "fail"]);
  });

  test.for([false, true])("are called once the user has agreed (streamed: %s)", async (streamed) => {
    doors.backend.setDefault(calling([calls.slice(1, 2)], "It is gone."));
    const first = await ask([question], streamed, "always");
    const requests = first.content.flatMap((part) => (part.type === "tool-approval-request" ? [part] : []));
    expect(requests).toHaveLength(1);
    expect(server.journal.calls).toEqual([]);
    const answers = requests.map(({ approvalId }) => ({
      ...{ type: "tool-approval-response" as const, approvalId, approved: true, providerExecuted: true },
    }));
    const messages = [question, ...first.responseMessages, { role: "tool" as const, content: answers }];
    expect((await ask(messages, streamed, "always")).text).toBe("It is gone.");
    expect(server.journal.calls).toMatchObject([{ name: "remove", args: { text: "dust" } }]);
    expect(shownOutputs(doors.backend.requests.at(-1))).toEqual(["removed dust"]);
  });
});
