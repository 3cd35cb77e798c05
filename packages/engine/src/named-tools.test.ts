import { describe, expect, test } from "vitest";
import { BackgroundWorld } from "./testing/background-world.ts";
import { EngineWorld, say } from "./testing/engine-world.ts";
import { fakeTool } from "./testing/fake-mcp.ts";
import { FakeWeb } from "./testing/fake-web.ts";
import type { Script } from "./testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const look = { type: "function", name: "look" };
const later = { type: "function", name: "later", description: "Sends a letter.", defer_loading: true };
const toolSearch = { type: "tool_search" };
const done: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

function call(name: string, args: object = {}, key = 0): Script {
  return [[say.call(key, name), say.args(key, JSON.stringify(args)), say.toolCalls, say.usage(1, 1)]];
}
const allowed = (mode: string, ...tools: object[]) => ({ type: "allowed_tools", mode, tools });
const named = (name: string) => ({ type: "function", name });
const ofDocs = (name?: string) => ({ type: "mcp", server_label: "docs", ...(name && { name }) });
const offeredIn = (world: EngineWorld, turn: number) =>
  world.model.seen[turn]?.turn.tools.map(({ name }) => name);

describe("a choice that names nothing on offer is refused before the model is asked", () => {
  test.for<[string, object, unknown, string[], string]>([
    ["a tool that a server does not list", ofDocs("nope"), "tool_choice", ["search"], "'nope'"],
    ["a server without tools", ofDocs(), "tool_choice", [], "'docs'"],
    [
      "a tool of a server, among allowed ones",
      allowed("required", ofDocs("nope")),
      "tool_choice.tools[0]",
      ["search"],
      "'nope'",
    ],
    [
      "the second of the allowed ones",
      allowed("auto", ofDocs("search"), ofDocs("nope")),
      "tool_choice.tools[1]",
      ["search"],
      "'nope'",
    ],
  ])("%s", async ([, tool_choice, param, listed, name]) => {
    const world = new EngineWorld();
    world.mcp.servers.set(
      url,
      listed.map((one) => fakeTool(one)),
    );
    await expect(world.respond({ tools: [docs], tool_choice }).next()).rejects.toMatchObject({
      status: 422,
      code: "invalid_value",
      param,
      message: expect.stringContaining(name),
    });
    expect(world.model.seen).toEqual([]);
  });

  test.for<[string, unknown]>([
    ["a hosted tool that neither the request nor its history has", { type: "file_search" }],
    ["a hosted tool of the history, without a service", { type: "web_search" }],
    ["a server that neither has", ofDocs()],
  ])("%s", async ([, tool_choice]) => {
    const world = new EngineWorld(done);
    const { id } = await world.run({ tools: [look] });
    const fields = { previous_response_id: id, tools: [look], tool_choice };
    await expect(world.respond(fields).next()).rejects.toMatchObject({ status: 422, param: "tool_choice" });
    expect(world.model.seen).toHaveLength(1);
  });

  test("a call that is required of a server without tools", async () => {
    const world = new EngineWorld();
    world.mcp.servers.set(url, []);
    const fields = { tools: [docs], tool_choice: "required" };
    await expect(world.respond(fields).next()).rejects.toMatchObject({
      status: 422,
      code: "invalid_value",
      param: "tool_choice",
    });
  });
});

describe("a background response, whose servers are asked when it runs,", () => {
  test("is accepted with a choice of their tools", async () => {
    for (const tool_choice of [
      "required",
      ofDocs(),
      ofDocs("search"),
      allowed("required", ofDocs("search")),
    ]) {
      const world = new BackgroundWorld(call("search"), done);
      world.mcp.servers.set(url, [fakeTool("search")]);
      const { id } = await world.start({ tools: [docs], tool_choice });
      await world.runJobs();
      expect(await world.get(id), JSON.stringify(tool_choice)).toMatchObject({ status: "completed" });
    }
  });

  test("fails where they do not have what the choice names", async () => {
    for (const tool_choice of [ofDocs("nope"), allowed("required", ofDocs("nope"))]) {
      const world = new BackgroundWorld();
      world.mcp.servers.set(url, [fakeTool("search")]);
      const { id } = await world.start({ tools: [docs], tool_choice });
      await world.runJobs();
      expect(await world.get(id)).toMatchObject({
        status: "failed",
        error: { message: expect.stringContaining("'nope'") },
      });
    }
  });

  test("is refused where the choice names no tool of theirs", async () => {
    const world = new BackgroundWorld(done);
    const { id } = await world.start({ tools: [look] });
    await world.runJobs();
    await expect(
      world.start({ previous_response_id: id, tools: [docs], tool_choice: { type: "file_search" } }),
    ).rejects.toMatchObject({ status: 422, param: "tool_choice" });
  });
});

describe("a tool that is to be loaded later", () => {
  test("is offered at once where the choice names it", async () => {
    const world = new EngineWorld(call("later"));
    const { output } = await world.run({ tools: [later, toolSearch], tool_choice: named("later") });
    expect(offeredIn(world, 0)).toEqual(["later"]);
    expect(output).toMatchObject([{ type: "function_call", name: "later" }]);
  });

  test("of a namespace is offered at once where the choice names the namespace, or it in there", async () => {
    const mail = { type: "namespace", name: "mail", tools: [later] };
    for (const tool_choice of [
      { type: "namespace", name: "mail" },
      { type: "function", name: "later", namespace: "mail" },
    ]) {
      const world = new EngineWorld(call("mail__later"));
      await world.run({ tools: [mail, toolSearch], tool_choice });
      expect(offeredIn(world, 0)).toEqual(["mail__later"]);
    }
  });

  test("waits among allowed tools that have the search, and may be called once it was found", async () => {
    for (const mode of ["auto", "required"]) {
      const world = new EngineWorld(call("tool_search", { query: "letter" }), call("later", {}, 1));
      const tool_choice = allowed(mode, toolSearch, named("later"));
      const { output } = await world.run({ tools: [look, later, toolSearch], tool_choice });
      expect([offeredIn(world, 0), offeredIn(world, 1)]).toEqual([["tool_search"], ["later", "tool_search"]]);
      expect(output.at(-1)).toMatchObject({ type: "function_call", name: "later" });
    }
  });

  test("does not wait among allowed tools without the search, which could never be made", async () => {
    const world = new EngineWorld(call("later"));
    await world.run({ tools: [later, toolSearch], tool_choice: allowed("required", named("later")) });
    expect(offeredIn(world, 0)).toEqual(["later"]);
  });

  test("that nobody declares is refused all the same", async () => {
    const world = new EngineWorld();
    const tool_choice = allowed("auto", toolSearch, named("never"));
    expect(() => world.respond({ tools: [later, toolSearch], tool_choice })).toThrow("'never'");
  });
});

test("who chooses the web search gets a search first; pages may be opened afterwards", async () => {
  const world = new EngineWorld(call("web_search", { queries: ["otters"] }), done);
  world.web = new FakeWeb();
  await world.run({ tools: [look, { type: "web_search" }], tool_choice: { type: "web_search_preview" } });
  expect(world.model.seen[0]?.turn).toMatchObject({
    tools: [{ name: "web_search" }],
    toolChoice: { name: "web_search" },
  });
  expect(offeredIn(world, 1)).toEqual(["look", "web_search", "open_page", "find_in_page"]);
});
