import { echoTool, startMcpServer, text } from "@gateway/testkit";
import { expect, test } from "vitest";
import { calling } from "../mcp/calling-model.ts";
import { startMcpDoors } from "../mcp/mcp-doors.ts";
import { openSocket } from "./open-socket.ts";

test("an approval in a response that is only prepared is refused, and counts in the request that is answered", async () => {
  await using server = await startMcpServer({ tools: [echoTool("write")] });
  await using doors = await startMcpDoors();
  const tools = [{ type: "mcp", server_label: "docs", server_url: server.url }];
  doors.backend.setDefault(calling([[{ name: "write", arguments: { text: "x" } }]], "Done."));
  await using client = await openSocket(doors.gateway.http);
  const asked = (await client.turn({ tools })).at(-1).response;
  const request = asked.output.find(({ type }: { type: string }) => type === "mcp_approval_request");
  const approval = { type: "mcp_approval_response", approval_request_id: request.id, approve: true };
  const fields = { tools, previous_response_id: asked.id, input: [approval] };
  for (const warm of [{ generate: false }, { prompt_cache_options: { prewarm: true } }])
    expect(await client.turn({ ...fields, ...warm })).toMatchObject([
      { type: "error", status: 422, error: { param: "input[0].approval_request_id" } },
    ]);
  expect(server.journal.calls).toEqual([]);

  doors.backend.setDefault(text("Done."));
  const answered = await client.turn(fields);
  expect(answered.at(-1)).toMatchObject({ type: "response.completed" });
  expect(server.journal.calls).toMatchObject([{ name: "write" }]);
});
