import { describe, expect, test } from "vitest";
import { EngineWorld, say } from "../testing/engine-world.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import type { Script } from "../testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const answer: Script = [[say.text("Done."), say.stop, say.usage(20, 5)]];

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search"), fakeTool("read", undefined, true)]);
  return world;
}

const offered = (world: EngineWorld, turn = 0) => world.model.seen[turn]?.turn.tools.map(({ name }) => name);

describe("a list of tools that was asked for with a filter, or of another server", () => {
  const listed = (tools: string[], asked: object) => ({
    type: "mcp_list_tools",
    id: "mcpl_1",
    server_label: "docs",
    tools: tools.map((name) => ({ name, input_schema: {}, annotations: { readOnlyHint: name === "read" } })),
    ...asked,
  });
  const filter = { read_only: true };
  const elsewhere = "https://elsewhere.example.com/mcp";

  test.for<[what: string, list: object, tool: object, asked: number, names: string[]]>([
    [
      "serves the same filter",
      listed(["read"], { allowed_tools: filter }),
      { allowed_tools: filter },
      0,
      ["read"],
    ],
    [
      "serves a filter that says the same in another way",
      listed(["read"], { allowed_tools: filter }),
      { allowed_tools: { read_only: true, tool_names: null } },
      0,
      ["read"],
    ],
    [
      "serves names that are in it",
      listed(["read"], { allowed_tools: filter }),
      { allowed_tools: ["read"] },
      0,
      ["read"],
    ],
    [
      "does not serve a request for all",
      listed(["read"], { allowed_tools: filter }),
      {},
      1,
      ["search", "read"],
    ],
    [
      "does not serve another filter",
      listed(["search"], { allowed_tools: ["search"] }),
      { allowed_tools: filter },
      1,
      ["read"],
    ],
    [
      "serves every filter where it is whole",
      listed(["search", "read"], {}),
      { allowed_tools: filter },
      0,
      ["read"],
    ],
    ["serves the same server", listed(["old"], { server_url: url }), {}, 0, ["old"]],
    [
      "serves the same server with another key in its address",
      listed(["old"], { server_url: url }),
      { server_url: `${url}?key=hunter2` },
      0,
      ["old"],
    ],
    ["does not serve another server", listed(["old"], { server_url: elsewhere }), {}, 1, ["search", "read"]],
    [
      "does not serve a connector's server",
      listed(["old"], { connector_id: "x" }),
      {},
      1,
      ["search", "read"],
    ],
  ])("%s", async ([, list, tool, asked, names]) => {
    const world = worldWith(answer);
    const input = [list, { role: "user", content: "hi" }];
    await world.run({ tools: [{ ...docs, ...tool }], input, store: false });
    expect([world.mcp.listed.length, offered(world)]).toEqual([asked, names]);
  });
});

test.for<[of: string, tool: object, error: object, names: string[]]>([
  ["as the API tells it", { annotations: { read_only: true } }, {}, ["told"]],
  ["as servers say it", { annotations: { readOnlyHint: true, title: "Told" } }, {}, ["told"]],
  ["with both, of which the API's counts", { annotations: { read_only: false, readOnlyHint: true } }, {}, []],
  ["of a tool that may write", { annotations: { read_only: false } }, {}, []],
  ["with nulls", { description: null, annotations: null }, { error: null }, []],
  ["without what may be left out", {}, {}, []],
])("a list that a caller brings back is taken %s", async ([, tool, error, names]) => {
  const world = worldWith(answer);
  const tools = [{ name: "told", input_schema: {}, ...tool }];
  const list = { type: "mcp_list_tools", id: "mcpl_1", server_label: "docs", tools, ...error };
  await world.run({
    tools: [{ ...docs, allowed_tools: { read_only: true } }],
    input: [list, { role: "user", content: "hi" }],
    store: false,
  });
  expect([world.mcp.listed.length, offered(world)]).toEqual([0, names]);
});

test("what a list was asked for with is stored with it, so that the next response is offered what it declares", async () => {
  const world = worldWith(answer, answer, answer, answer);
  const filter = { read_only: true };
  world.mcp.servers.set(`${url}?key=hunter2`, world.mcp.servers.get(url) ?? []);
  const first = await world.run({
    tools: [{ ...docs, server_url: `${url}?key=hunter2`, allowed_tools: filter }],
  });
  const told = {
    type: "mcp_list_tools",
    id: expect.any(String),
    server_label: "docs",
    tools: [expect.objectContaining({ name: "read" })],
  };
  const [stored] = world.stored().output;
  expect([first.output[0], stored]).toEqual([told, { ...told, server_url: url, allowed_tools: filter }]);
  const whole = await world.run({ tools: [docs], previous_response_id: first.id });
  const [list] = world.responses.all().find(({ id }) => id === whole.id)?.output ?? [];
  expect([offered(world, 1), list]).toMatchObject([["search", "read"], { server_url: url }]);
  expect(list).not.toHaveProperty("allowed_tools");
  const elsewhere = { ...docs, server_url: "https://elsewhere.example.com/mcp" };
  world.mcp.servers.set(elsewhere.server_url, [fakeTool("other")]);
  const moved = await world.run({ tools: [elsewhere], previous_response_id: whole.id });
  expect(offered(world, 2)).toEqual(["other"]);
  await world.run({ tools: [elsewhere], previous_response_id: moved.id });
  expect([offered(world, 3), world.mcp.listed.length]).toEqual([["other"], 3]);
});

describe("a list of tools", () => {
  test("that names one twice has the first of them", async () => {
    const world = worldWith(answer, answer);
    const { listed, answer: gives } = fakeTool("search");
    const later = { listed: { ...listed, description: "Another." }, answer: gives };
    world.mcp.servers.set(url, [{ listed, answer: gives }, later]);
    const { output } = await world.run({ tools: [docs] });
    expect(world.model.seen[0]?.turn.tools).toMatchObject([{ name: "search", description: "Does search." }]);
    expect(output[0]).toMatchObject({ tools: [{ description: "Does search." }] });
    const list = { type: "mcp_list_tools", server_label: "docs", tools: [listed, later.listed] };
    await world.run({ tools: [docs], input: [list, { role: "user", content: "hi" }] });
    expect(offered(world, 1)).toEqual(["search"]);
  });

  test("loses a tool that is too large or nests too deep, and says so to the log", async () => {
    const world = worldWith(answer);
    const { listed, answer: gives } = fakeTool("large");
    const input_schema = { type: "object", description: "x".repeat(300_000) };
    const nested = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`);
    world.mcp.servers.set(url, [
      fakeTool("search"),
      { listed: { ...listed, input_schema }, answer: gives },
      { listed: { ...listed, name: "deep", input_schema: nested }, answer: gives },
    ]);
    const { output } = await world.run({ tools: [docs] });
    expect(offered(world)).toEqual(["search"]);
    expect(output[0]).toMatchObject({ tools: [{ name: "search" }] });
    expect((output[0] as { tools: unknown[] }).tools).toHaveLength(1);
    expect(world.faults).toEqual([
      expect.stringMatching(/'large' of the MCP server 'docs' is left out: .*\d characters/),
      expect.stringMatching(/'deep' of the MCP server 'docs' is left out: .*nests/),
    ]);
  });

  test("that is too large is a 424 that says what to do, unless what is allowed of it is not", async () => {
    const world = worldWith(answer);
    const names = Array.from({ length: 30 }, (_, at) => `tool_${at}`);
    world.mcp.servers.set(
      url,
      names.map((name) => {
        const { listed, answer: gives } = fakeTool(name);
        return { listed: { ...listed, description: "x".repeat(200_000) }, answer: gives };
      }),
    );
    await expect(world.respond({ tools: [docs] }).next()).rejects.toMatchObject({
      status: 424,
      param: "tools",
      message: expect.stringMatching(/characters.*allowed_tools/),
    });
    await world.run({ tools: [{ ...docs, allowed_tools: ["tool_7"] }] });
    expect(offered(world)).toEqual(["tool_7"]);
  });
});
