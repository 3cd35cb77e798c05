import { expect, test } from "vitest";
import { mcpAnswer, toolName, toolsIn } from "./mcp-answer.ts";

const ask = (message: object, number = 3) => {
  const answer = mcpAnswer(JSON.stringify({ jsonrpc: "2.0", ...message }), number);
  return answer === undefined ? undefined : JSON.parse(answer);
};

test("a server of the bench greets, lists its tool and runs it", () => {
  expect(ask({ id: 0, method: "initialize" })).toMatchObject({
    id: 0,
    result: { capabilities: { tools: {} } },
  });
  expect(ask({ method: "notifications/initialized" })).toBeUndefined();
  expect(ask({ id: 1, method: "tools/list" })).toMatchObject({ result: { tools: [{ name: toolName(3) }] } });
  expect(ask({ id: 2, method: "tools/call" })).toMatchObject({
    id: 2,
    result: { content: [{ type: "text" }] },
  });
  expect(ask({ id: "x", method: "server/discover" })).toMatchObject({ id: "x", error: { code: -32601 } });
});

test("the tools in a text are found once each", () => {
  expect(toolsIn(`"${toolName(0)}" and "${toolName(12)}" and "${toolName(0)}"`)).toEqual([
    toolName(0),
    toolName(12),
  ]);
});
