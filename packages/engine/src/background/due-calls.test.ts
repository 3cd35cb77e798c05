import { type ResponseObject, toInitialResponse } from "@gateway/protocol";
import { StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { ResponseBuilder } from "../response-builder.ts";
import { BackgroundWorld } from "../testing/background-world.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";
import { type FakeTool, fakeTool } from "../testing/fake-mcp.ts";
import type { Script } from "../testing/scripted-model.ts";
import { takeDue } from "./due-calls.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const look = { type: "function", name: "look", parameters: {} };
const files = { type: "file_search", vector_store_ids: ["vs_1"] };
const answer: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

function calls(...names: string[]): Script {
  const args = (name: string) => (name === "file_search" ? '{"queries":["q"]}' : '{"q":"x"}');
  return [
    [
      ...names.flatMap((name, key) => [say.call(key, name), say.args(key, args(name))]),
      say.toolCalls,
      say.usage(1, 1),
    ],
  ];
}

/** A tool that answers when it is let. */
function slowTool(name: string): { tool: FakeTool; end: () => void } {
  const gate = Promise.withResolvers<void>();
  const tool = fakeTool(name, async () => {
    await gate.promise;
    return { output: "late" };
  });
  return { tool, end: gate.resolve };
}

function worldWith(tools: FakeTool[], ...scripts: Script[]): BackgroundWorld {
  const world = new BackgroundWorld(...scripts);
  world.mcp.servers.set(url, tools);
  world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
  return world;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const callsOf = (response: ResponseObject | undefined) =>
  (response?.output ?? []).flatMap((item) =>
    item.type === "mcp_call" ? [`${item.name} ${item.status}`] : [],
  );
const calledBy = (world: BackgroundWorld) => world.mcp.called.map(({ name }) => name);

/** Begins a response, and gives its job and a way to wait for what is stored of its calls. */
async function begin(world: BackgroundWorld, tools: object[] = [docs]) {
  const { id } = await world.start({ tools, stream: true });
  const job = world.claim();
  const running = world.background.run(job, world.stopping.signal, world.log).catch(() => {});
  const stores = async (...expected: string[]) => {
    while (callsOf(await world.get(id)).join() !== expected.join()) await turn();
  };
  const stop = async () => {
    world.stopping.abort();
    await running;
  };
  return { id, job, stores, stop };
}

/** Goes on with what another process has left, to its end. */
async function goOn(
  world: BackgroundWorld,
  from: BackgroundWorld,
  job: Awaited<ReturnType<typeof begin>>["job"],
) {
  world.takeOver(from);
  await world.recover();
  await world.background.run(job, world.stopping.signal, world.log);
  const checker = new StreamChecker({ restarted: true });
  for (const event of await world.snapshot(job.subject)) checker.push(event);
  checker.end();
  return await world.get(job.subject);
}

describe("calls of a turn of a background response whose process ends", () => {
  test("are kept where they had ended, and only those under way are carried out again", async () => {
    const first = worldWith([fakeTool("search"), slowTool("write").tool], calls("search", "write"));
    const { job, stores, stop } = await begin(first);
    await stores("search completed", "write in_progress");

    const second = worldWith([fakeTool("search"), fakeTool("write")], answer);
    const response = await goOn(second, first, job);
    expect(calledBy(second)).toEqual(["write"]);
    expect(response).toMatchObject({ status: "completed" });
    expect(callsOf(response)).toEqual(["search completed", "write completed"]);
    expect(response?.output.map(({ type }) => type)).toEqual([
      "mcp_list_tools",
      "mcp_call",
      "mcp_call",
      "message",
    ]);
    // The model is shown the turn as it would have been.
    const shown = second.model.seen[0]?.turn.items.map((item) => ("name" in item ? item.name : item.type));
    expect(shown).toEqual(["message", "search", "write", "function_call_output", "function_call_output"]);
    await stop();
  });

  test("are kept over several ends, also where an end comes while they are carried out again", async () => {
    const names = ["search", "write", "read"];
    const first = worldWith(
      [fakeTool("search"), slowTool("write").tool, slowTool("read").tool],
      calls(...names),
    );
    const { job, stores, stop } = await begin(first);
    await stores("search completed", "write in_progress", "read in_progress");

    const second = worldWith([fakeTool("search"), fakeTool("write"), slowTool("read").tool]);
    second.takeOver(first);
    await second.recover();
    const running = second.background.run(job, second.stopping.signal, second.log).catch(() => {});
    while (callsOf(await second.get(job.subject)).at(1) !== "write completed") await turn();

    const third = worldWith(
      names.map((name) => fakeTool(name)),
      answer,
    );
    const response = await goOn(third, second, job);
    expect([calledBy(second), calledBy(third)]).toEqual([["write", "read"], ["read"]]);
    expect(callsOf(response)).toEqual(names.map((name) => `${name} completed`));
    second.stopping.abort();
    await running;
    await stop();
  });

  test("are not carried out again where only the log says that they had ended", async () => {
    const write = slowTool("write");
    const first = worldWith([fakeTool("search"), write.tool], calls("search", "write"));
    const { job, stores, stop } = await begin(first);
    await stores("search completed", "write in_progress");
    const never = new Promise<void>(() => {});
    first.responses.faults.begin = never;
    write.end();
    const ended = async () =>
      (await first.snapshot(job.subject)).filter(({ type }) => type === "response.mcp_call.completed").length;
    while ((await ended()) < 2) await turn();

    const second = worldWith([fakeTool("search"), fakeTool("write")], answer);
    const response = await goOn(second, first, job);
    expect(calledBy(second)).toEqual([]);
    expect(response?.output.filter(({ type }) => type === "mcp_call")).toMatchObject([
      {},
      { output: "late" },
    ]);
    first.stopping.abort();
    void stop;
  });

  test("are followed by the caller's turn where the model has called its functions beside them", async () => {
    const first = worldWith([fakeTool("search"), slowTool("write").tool], calls("search", "look", "write"));
    const { job, stores, stop } = await begin(first, [docs, look]);
    await stores("search completed", "write in_progress");

    const second = worldWith([fakeTool("search"), fakeTool("write")]);
    const response = await goOn(second, first, job);
    expect(calledBy(second)).toEqual(["write"]);
    expect(second.model.seen).toEqual([]);
    expect(response?.output.map(({ type }) => type)).toEqual([
      "mcp_list_tools",
      "mcp_call",
      "function_call",
      "mcp_call",
    ]);
    await stop();
  });

  test("are told to the model as not there where their tool has gone", async () => {
    const first = worldWith([fakeTool("search"), slowTool("write").tool], calls("search", "write"));
    const { job, stores, stop } = await begin(first);
    await stores("search completed", "write in_progress");
    const second = worldWith([fakeTool("search")], answer);
    // Its list is not stored: as if the server's tools were asked for again.
    second.takeOver(first);
    const record = await second.responses.get(second.tenant, job.subject);
    if (record === undefined) throw new Error("nothing is stored");
    record.response.output = record.response.output.filter(({ type }) => type !== "mcp_list_tools");
    await second.responses.begin(second.tenant, record);
    await second.recover();
    await second.background.run(job, second.stopping.signal, second.log);
    expect(calledBy(second)).toEqual([]);
    expect(second.model.seen[0]?.turn.items.at(-1)).toMatchObject({ output: "There is no such tool." });
    await stop();
  });

  test("are made anew with all of their turn while one of another kind of tool is under way", async () => {
    const held = worldWith([fakeTool("search")], calls("search", "file_search"));
    held.knowledge.gate = new Promise(() => {});
    const { id, job, stop } = await begin(held, [docs, files]);
    await held.logged(id, "response.file_search_call.searching");

    const second = worldWith([fakeTool("search")], calls("search", "file_search"), answer);
    const response = await goOn(second, held, job);
    expect(calledBy(second)).toEqual(["search"]);
    expect(callsOf(response)).toEqual(["search completed"]);
    await stop();
  });

  test.for([
    ["is cancelled instead", false],
    ["is cancelled after one more process has ended before it carried them out", true],
  ] as const)("are closed as they were where the response %s", async ([, again]) => {
    const first = worldWith([fakeTool("search"), slowTool("write").tool], calls("search", "write"));
    const { id, stores, stop } = await begin(first);
    await stores("search completed", "write in_progress");
    const second = worldWith([]);
    second.takeOver(first);
    const record = again ? await second.responses.get(second.tenant, id) : undefined;
    if (record !== undefined) {
      // It had only told that they were left behind.
      const left = new ResponseBuilder(record.response).resume(await second.snapshot(id));
      await second.responses.append(second.tenant, id, left);
    }
    await second.recover();
    expect(await second.background.cancel(second.tenant, id)).toMatchObject({ status: "cancelled" });
    expect(callsOf(await second.get(id))).toEqual(["search completed", "write incomplete"]);
    await stop();
  });
});

test("a response of the foreground is stored no more often for its calls", async () => {
  const written = async (...names: string[]) => {
    const world = new EngineWorld(calls(...names), answer);
    world.mcp.servers.set(url, [fakeTool("search"), fakeTool("write")]);
    await drain(world.respond({ tools: [docs], stream: true }));
    return world.responses.written.length;
  };
  expect(await written("search", "write", "search")).toBe(await written("search"));
});

test("a response without calls under way stays as it is", () => {
  const response = toInitialResponse({ model: "m", input: "hi" }, "resp_1", 0, []);
  const { output } = response;
  expect(takeDue(response)).toEqual([]);
  expect(response.output).toBe(output);
});
