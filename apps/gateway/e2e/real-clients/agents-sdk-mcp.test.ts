import { echoTool, type McpTestServer, startMcpServer } from "@gateway/testkit";
import { Agent, hostedMcpTool, OpenAIConversationsSession, OpenAIProvider, Runner } from "@openai/agents";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import type { KnowledgeDoors } from "../knowledge/knowledge-doors.ts";
import { calling, shownOutputs } from "../mcp/calling-model.ts";
import { startMcpDoors } from "../mcp/mcp-doors.ts";

let doors: KnowledgeDoors;
let server: McpTestServer;
beforeAll(async () => {
  doors = await startMcpDoors();
  server = await startMcpServer({ tools: [echoTool("echo"), echoTool("remove")] });
});
afterAll(async () => {
  await doors?.[Symbol.asyncDispose]();
  await server?.stop();
});

describe.for(doorNames)("MCP servers of the Agents SDK through %s", (door) => {
  let client: OpenAI;
  let runner: Runner;
  beforeAll(() => {
    client = doors.client(door);
    runner = new Runner({
      modelProvider: new OpenAIProvider({ openAIClient: client }),
      tracingDisabled: true,
    });
  });
  beforeEach(() => {
    server.journal.calls.length = 0;
    doors.backend.setDefault(calling([[{ name: "remove", arguments: { text: "all" } }]], "That was it."));
  });

  const agentThat = (...options: Partial<Parameters<typeof hostedMcpTool>[0]>[]) =>
    new Agent({
      name: "Keeper",
      model: "scripted",
      tools: [hostedMcpTool(Object.assign({ serverLabel: "docs", serverUrl: server.url }, ...options))],
    });

  test.for([false, true])(
    "are called without asking where that is allowed (streamed: %s)",
    async (stream) => {
      const agent = agentThat();
      const result = stream
        ? await runner.run(agent, "Remove it.", { stream })
        : await runner.run(agent, "Remove it.");
      if ("completed" in result) await result.completed;
      expect(result.finalOutput).toBe("That was it.");
      expect(server.journal.calls).toMatchObject([{ name: "remove", args: { text: "all" } }]);
      expect(
        result.newItems.map(({ rawItem }) => (rawItem as { name?: string }).name ?? rawItem.type),
      ).toEqual(["mcp_list_tools", "mcp_call", "message"]);
    },
  );

  test.for([false, true])("are called once the user has agreed (streamed: %s)", async (stream) => {
    const agent = agentThat({ requireApproval: "always" });
    const waiting = stream
      ? await runner.run(agent, "Remove it.", { stream })
      : await runner.run(agent, "Remove it.");
    if ("completed" in waiting) await waiting.completed;
    const [question] = waiting.interruptions;
    expect(question?.rawItem).toMatchObject({ name: "remove" });
    expect(server.journal.calls).toEqual([]);
    waiting.state.approve(question as NonNullable<typeof question>);
    const result = await runner.run(agent, waiting.state);
    expect(result.interruptions).toEqual([]);
    expect(result.finalOutput).toBe("That was it.");
    expect(server.journal.calls).toMatchObject([{ name: "remove", args: { text: "all" } }]);
  });

  test("are not called where the user refuses, and the model is told", async () => {
    const agent = agentThat({
      requireApproval: { always: { toolNames: ["remove"] } },
      onApproval: async () => ({ approve: false, reason: "Too dangerous." }),
    });
    const result = await runner.run(agent, "Remove it.");
    expect(result.finalOutput).toBe("That was it.");
    expect(server.journal.calls).toEqual([]);
    expect(shownOutputs(doors.backend.requests.at(-1)).join()).toContain("Too dangerous.");
  });

  test("are remembered by a conversation, with question and consent", async () => {
    const session = new OpenAIConversationsSession({ client });
    const agent = agentThat({ requireApproval: "always", onApproval: async () => ({ approve: true }) });
    const result = await runner.run(agent, "Remove it.", { session });
    expect(result.finalOutput).toBe("That was it.");
    expect(server.journal.calls).toHaveLength(1);
    const types: string[] = [];
    for await (const { type } of client.conversations.items.list(await session.getSessionId(), {
      order: "asc",
    }))
      types.push(type);
    expect(types).toEqual([
      "message",
      "mcp_list_tools",
      "mcp_approval_request",
      "mcp_approval_response",
      "mcp_call",
      "message",
    ]);
    doors.backend.setDefault(calling([], "I removed it."));
    const again = await runner.run(agent, "What did you do?", { session });
    expect(again.finalOutput).toBe("I removed it.");
    expect(server.journal.calls).toHaveLength(1);
  });
});
