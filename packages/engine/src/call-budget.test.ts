import { expect, test } from "vitest";
import { BackgroundWorld } from "./testing/background-world.ts";
import { EngineWorld, say } from "./testing/engine-world.ts";
import { passage } from "./testing/fake-knowledge.ts";
import { fakeTool } from "./testing/fake-mcp.ts";
import type { Script } from "./testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const fileSearch = { type: "file_search", vector_store_ids: ["vs_1"] };
const look = { type: "function", name: "look" };
const done: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

function call(name: string, args = "{}"): Script {
  return [[say.call(0, name), say.args(0, args), say.toolCalls, say.usage(1, 1)]];
}
const offeredIn = (world: EngineWorld, turn: number) =>
  world.model.seen[turn]?.turn.tools.map(({ name }) => name);

/** Runs a background response until its second turn has begun, and the rest of it in another process. */
async function restartInSecondTurn(fields: object, first: BackgroundWorld, second: BackgroundWorld) {
  const { id } = await first.start({ ...fields, stream: true });
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  while (first.model.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  first.stopping.abort();
  await running;
  return await second.get(id);
}

test("calls that are used up stay so when another process takes the response up", async () => {
  const first = new BackgroundWorld(call("search"), ["hang"]);
  const second = new BackgroundWorld(done);
  for (const world of [first, second]) world.mcp.servers.set(url, [fakeTool("search")]);
  const response = await restartInSecondTurn({ tools: [docs, look], max_tool_calls: 1 }, first, second);
  expect([offeredIn(first, 1), offeredIn(second, 0)]).toEqual([["look"], ["look"]]);
  expect(response?.output.map(({ type }) => type)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
});

test("calls of which some are left are offered when another process takes the response up", async () => {
  const first = new BackgroundWorld(call("search"), ["hang"]);
  const second = new BackgroundWorld(call("search"), done);
  for (const world of [first, second]) world.mcp.servers.set(url, [fakeTool("search")]);
  await restartInSecondTurn({ tools: [docs, look], max_tool_calls: 2 }, first, second);
  expect([offeredIn(second, 0), offeredIn(second, 1)]).toEqual([["look", "search"], ["look"]]);
});

test("calls that were approved of are counted with those of all other tools", async () => {
  const asking = { ...docs, require_approval: "always" };
  const world = new EngineWorld(call("search"), call("file_search", '{"queries":["q"]}'), done);
  world.mcp.servers.set(url, [fakeTool("search")]);
  world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
  const question = await world.run({ tools: [asking] });
  const request = question.output.find(({ type }) => type === "mcp_approval_request");
  const response = await world.run({
    tools: [asking, fileSearch, look],
    previous_response_id: question.id,
    input: [{ type: "mcp_approval_response", approval_request_id: request?.id, approve: true }],
    max_tool_calls: 2,
  });
  expect(response.output.map(({ type }) => type)).toEqual(["mcp_call", "file_search_call", "message"]);
  expect(offeredIn(world, 1)).toContain("file_search");
  expect(offeredIn(world, 2)).toEqual(["look"]);
});

test("a response that has had all its turns is not given as many again by another process", async () => {
  const turns = 32;
  // Each turn says something before it calls: that tells them apart.
  const talking: Script = [[say.text("Well,"), say.call(0, "search"), say.toolCalls, say.usage(1, 1)]];
  const first = new BackgroundWorld(...Array.from({ length: turns }, () => talking), ["hang"]);
  const second = new BackgroundWorld(done);
  for (const world of [first, second]) world.mcp.servers.set(url, [fakeTool("search")]);
  const { id } = await first.start({ tools: [docs, look], stream: true });
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  while (first.model.seen.length < turns + 1) await new Promise((resolve) => setImmediate(resolve));
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  expect([offeredIn(first, turns), offeredIn(second, 0)]).toEqual([["look"], ["look"]]);
  expect(await second.get(id)).toMatchObject({ status: "completed" });
  first.stopping.abort();
  await running;
});
