import { echoTool, type McpTestServer, startMcpServer } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import type { KnowledgeDoors } from "../knowledge/knowledge-doors.ts";
import { calling } from "./calling-model.ts";
import { startMcpDoors } from "./mcp-doors.ts";

describe.for(oneDoor)("several calls of a turn through %s", (door) => {
  let doors: KnowledgeDoors;
  let server: McpTestServer;
  beforeAll(async () => {
    server = await startMcpServer({ tools: [echoTool("one"), echoTool("two")] });
    doors = await startMcpDoors();
  });
  afterAll(async () => {
    await doors[Symbol.asyncDispose]();
    await server.stop();
  });

  /** The last messages that the model's server was sent: roles, calls, and which call an answer is to. */
  const sent = () =>
    (doors.backend.requests.at(-1)?.body.messages ?? []).map((message) => {
      const {
        role,
        content,
        tool_calls: calls,
        tool_call_id: id,
      } = message as unknown as {
        role: string;
        content: unknown;
        tool_calls?: { id: string; function: { name: string } }[];
        tool_call_id?: string;
      };
      return { role, content, calls: calls?.map((call) => `${call.function.name} ${call.id}`), id };
    });

  test.for(["previous_response_id", "conversation", "input"] as const)(
    "reach the model's server as one message, those of two turns as two, and as the same ones by %s",
    async (way) => {
      const client = doors.client(door);
      const tools = [
        {
          type: "mcp" as const,
          server_label: "docs",
          server_url: server.url,
          require_approval: "never" as const,
        },
      ];
      const call = (name: string) => ({ name, arguments: { text: name } });
      doors.backend.setDefault(calling([[call("one"), call("two")], [call("one")]], "Done."));
      const conversation = way === "conversation" ? (await client.conversations.create({})).id : undefined;
      const common = { model: "scripted", tools, store: way !== "input" };
      const first = await client.responses.create({
        ...common,
        input: "hi",
        ...(conversation !== undefined && { conversation }),
      });
      const turns = sent();
      expect(turns.map(({ role, calls }) => calls?.length ?? role)).toEqual([
        "user",
        2,
        "tool",
        "tool",
        1,
        "tool",
      ]);
      const ids = (turns[1]?.calls ?? []).map((named) => named.split(" ")[1]);
      expect(turns.slice(2, 4).map(({ id }) => id)).toEqual(ids);

      const next = { role: "user" as const, content: "And now?" };
      await client.responses.create({
        ...common,
        ...(way === "previous_response_id" && { previous_response_id: first.id, input: [next] }),
        ...(way === "conversation" && conversation !== undefined && { conversation, input: [next] }),
        ...(way === "input" && {
          input: [{ role: "user", content: "hi" }, ...(first.output as never[]), next],
        }),
      });
      // The second response makes the same calls again: what it was shown first is compared.
      const [request] = doors.backend.requests.slice(-3);
      const again = (request?.body.messages ?? []) as unknown[];
      const before = doors.backend.requests.at(-4)?.body.messages as unknown[];
      expect(again.slice(0, before.length)).toEqual(before);
    },
  );
});
