import { checkStream, StreamChecker } from "@gateway/protocol/grammar";
import { expect, test } from "vitest";
import { BackgroundWorld } from "../testing/background-world.ts";
import { say } from "../testing/engine-world.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import type { Script } from "../testing/scripted-model.ts";
import { McpListError } from "./mcp-client.ts";

const url = "https://docs.example.com/mcp";
const docs = {
  type: "mcp",
  server_label: "docs",
  server_url: url,
  require_approval: "never",
  authorization: "hunter2",
};
const calls: Script = [[say.call(0, "search"), say.args(0, '{"q":"x"}'), say.toolCalls, say.usage(10, 3)]];
const answer: Script = [[say.text("Done."), say.stop, say.usage(20, 5)]];

function worldWith(...scripts: Script[]): BackgroundWorld {
  const world = new BackgroundWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search")]);
  return world;
}

test("a background response is accepted without asking its servers, and asks them when it runs, with their keys", async () => {
  const world = worldWith(calls, answer);
  const { id } = await world.start({ tools: [docs] });
  expect(world.mcp.listed).toEqual([]);
  expect(JSON.stringify(world.responses.queued)).not.toMatch(/"hunter2"/);
  await world.runJobs();
  expect(await world.get(id)).toMatchObject({
    status: "completed",
    output: [{ type: "mcp_list_tools" }, { type: "mcp_call", status: "completed" }, { type: "message" }],
  });
  expect(world.mcp.called[0]?.server.headers).toEqual({ authorization: "Bearer hunter2" });
  checkStream(await world.snapshot(id));
  expect(world.uses).toEqual([]);
});

test("a list of tools that cannot be had fails a background response, which tells of it", async () => {
  const world = worldWith();
  world.mcp.servers.set(url, new McpListError("The server answered with HTTP status 503."));
  const { id } = await world.start({ tools: [docs] });
  await world.runJobs();
  const response = await world.get(id);
  expect(response).toMatchObject({
    status: "failed",
    error: {
      code: "http_error",
      message: expect.stringContaining("'docs'. The server answered with HTTP status 503."),
    },
    output: [
      {
        type: "mcp_list_tools",
        server_label: "docs",
        tools: [],
        error: "The server answered with HTTP status 503.",
      },
    ],
  });
  const events = await world.snapshot(id);
  checkStream(events);
  expect(events.map(({ type }) => type)).toContain("response.mcp_list_tools.failed");
});

test("a connector that does not exist is found at once", async () => {
  const world = worldWith();
  const tool = { type: "mcp", server_label: "docs", connector_id: "nowhere" };
  await expect(world.start({ tools: [tool] })).rejects.toMatchObject({
    status: 404,
    param: "tools[0].connector_id",
  });
});

test("an approval without its server, or of a tool that is not allowed by name, is refused before it is queued", async () => {
  const world = worldWith(calls);
  const asking = { ...docs, require_approval: "always" };
  const question = await world.run({ tools: [asking] });
  const request = question.output.find(({ type }) => type === "mcp_approval_request");
  const input = [{ type: "mcp_approval_response", approval_request_id: request?.id, approve: true }];
  const fields = { previous_response_id: question.id, input };
  const other = { ...asking, server_label: "other" };
  const narrowed = { ...asking, allowed_tools: ["write"] };
  for (const tools of [[], [other], [narrowed]]) {
    await expect(world.start({ ...fields, tools })).rejects.toMatchObject({
      status: 422,
      param: "input[0].approval_request_id",
    });
  }
  expect(world.responses.queued).toEqual([]);
  await world.start({ ...fields, tools: [{ ...asking, allowed_tools: ["write", "search"] }] });
  expect(world.responses.queued).toHaveLength(1);
});

test("a process that takes a response up again asks for no list twice and runs no finished call again", async () => {
  const first = worldWith(calls, ["hang"]);
  const { id } = await first.start({ tools: [docs], stream: true });
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  await first.logged(id, "response.mcp_call.completed");
  while (first.model.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));

  const second = worldWith(answer);
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  expect(second.mcp.listed).toEqual([]);
  expect(second.mcp.called).toEqual([]);
  const response = await second.get(id);
  expect(response?.output.map(({ type }) => type)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
  const checker = new StreamChecker({ restarted: true });
  for (const event of await second.snapshot(id)) checker.push(event);
  checker.end();
  expect(second.model.seen[0]?.turn.items.map(({ type }) => type)).toEqual([
    "message",
    "function_call",
    "function_call_output",
  ]);
  first.stopping.abort();
  await running;
});

test("a process that ended during a call runs it again", async () => {
  const first = worldWith(calls);
  const begun = Promise.withResolvers<void>();
  first.mcp.servers.set(url, [
    fakeTool("search", () => {
      begun.resolve();
      return new Promise(() => {});
    }),
  ]);
  const { id } = await first.start({ tools: [docs], stream: true });
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  await begun.promise;

  const second = worldWith(calls, answer);
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  expect([second.mcp.listed.length, second.mcp.called.length]).toEqual([0, 1]);
  const response = await second.get(id);
  expect(response).toMatchObject({ status: "completed" });
  const checker = new StreamChecker({ restarted: true });
  for (const event of await second.snapshot(id)) checker.push(event);
  checker.end();
  first.stopping.abort();
  await running;
});

test("keys that were sealed under another server key fail the response at once", async () => {
  const world = worldWith();
  const { id } = await world.start({ tools: [docs] });
  const job = world.claim();
  const payload = { ...(job.payload as object), sealed: "of another key" };
  await world.background.run({ ...job, payload }, world.stopping.signal, world.log);
  expect(await world.get(id)).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining("another server key") },
  });
});

test("an approved call of a background response is carried out once, over a restart, too", async () => {
  const asks: Script = calls;
  const first = worldWith(asks, ["hang"]);
  const asking = { ...docs, require_approval: "always" };
  const question = await first.run({ tools: [asking] });
  const request = question.output.find(({ type }) => type === "mcp_approval_request");
  const input = [{ type: "mcp_approval_response", approval_request_id: request?.id, approve: true }];
  const fields = { tools: [asking], previous_response_id: question.id, input, stream: true };
  const { id } = await first.start(fields);
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  await first.logged(id, "response.mcp_call.completed");
  while (first.model.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));

  const second = worldWith(answer);
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  expect(second.mcp.called).toEqual([]);
  expect((await second.get(id))?.output).toMatchObject([
    { type: "mcp_call", approval_request_id: request?.id },
    { type: "message" },
  ]);
  first.stopping.abort();
  await running;
});

test("approved calls that had ended are kept, and only the one that was under way runs again", async () => {
  const both: Script = [[say.call(0, "search"), say.call(1, "write"), say.toolCalls]];
  const asking = { ...docs, require_approval: "always" };
  const begun = Promise.withResolvers<void>();
  const never = () => {
    begun.resolve();
    return new Promise<never>(() => {});
  };
  const first = worldWith(both);
  first.mcp.servers.set(url, [fakeTool("search"), fakeTool("write", never)]);
  const question = await first.run({ tools: [asking] });
  const requests = question.output.filter(({ type }) => type === "mcp_approval_request");
  const input = requests.map(({ id }) => ({
    type: "mcp_approval_response",
    approval_request_id: id,
    approve: true,
  }));
  const fields = { tools: [asking], previous_response_id: question.id, input, stream: true };
  const { id } = await first.start(fields);
  const job = first.claim();
  const running = first.background.run(job, first.stopping.signal, first.log).catch(() => {});
  await begun.promise;
  while ((await first.get(id))?.output.length === 0) await new Promise((resolve) => setImmediate(resolve));

  const second = worldWith(answer);
  second.mcp.servers.set(url, [fakeTool("search"), fakeTool("write")]);
  second.takeOver(first);
  await second.recover();
  await second.background.run(job, second.stopping.signal, second.log);
  expect(second.mcp.called).toMatchObject([{ name: "write" }]);
  const response = await second.get(id);
  expect(response).toMatchObject({
    status: "completed",
    output: [
      { type: "mcp_call", approval_request_id: requests[0]?.id },
      { type: "mcp_call", approval_request_id: requests[1]?.id },
      { type: "message" },
    ],
  });
  const told = second.model.seen[0]?.turn.items.filter(({ type }) => type === "function_call");
  expect(told).toMatchObject([{ name: "search" }, { name: "write" }]);
  first.stopping.abort();
  await running;
});
