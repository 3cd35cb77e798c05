import { StreamChecker } from "@gateway/protocol/grammar";
import { echoTool, startMcpServer, waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { EventReader } from "../background/event-reader.ts";
import { calling } from "./calling-model.ts";
import { startMcpDoors } from "./mcp-doors.ts";

test("a killed gateway's next one carries out only the calls of a turn that had not ended", async () => {
  const later = Promise.withResolvers<void>();
  await using server = await startMcpServer({
    tools: [echoTool("quick"), echoTool("slow", { run: async () => later.promise.then(() => "at last") })],
  });
  await using doors = await startMcpDoors();
  const call = (name: string) => ({ name, arguments: { text: name } });
  doors.backend.setDefault(calling([[call("quick"), call("slow")]], "Done."));
  const tools = [{ type: "mcp", server_label: "docs", server_url: server.url, require_approval: "never" }];
  const body = { tools, background: true };
  const reader = await EventReader.create(doors.url("http"), body);
  await reader.until("response.mcp_call.completed");
  const stored = async () => (await doors.client("http").responses.retrieve(reader.id)).output;
  await waitFor(async () => (await stored()).some((item) => item.type === "mcp_call" && item.output), {
    what: "the first call to be stored",
  });
  await doors.restart({ signal: "SIGKILL" });
  later.resolve();
  const log = await EventReader.replay(doors.url("http"), reader.id);
  await log.rest();
  const checker = new StreamChecker({ restarted: true });
  for (const event of log.events) checker.push(event);
  checker.end();
  expect(await stored()).toMatchObject([
    { type: "mcp_list_tools" },
    { type: "mcp_call", name: "quick", status: "completed" },
    { type: "mcp_call", name: "slow", status: "completed" },
    { type: "message" },
  ]);
  const names = server.journal.calls.map(({ name }) => name);
  expect(names.filter((name) => name === "quick")).toHaveLength(1);
  expect(names.filter((name) => name === "slow")).toHaveLength(2);
});
