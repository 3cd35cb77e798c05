import type { OutputItem } from "@gateway/protocol";
import { describe, expect, test, vi } from "vitest";
import { BackgroundWorld } from "../testing/background-world.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { type FakeTool, fakeTool } from "../testing/fake-mcp.ts";
import type { Script } from "../testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const both: Script = [[say.call(0, "quick"), say.call(1, "slow"), say.toolCalls, say.usage(1, 1)]];

/** A tool that never answers, and the signals of its calls. */
function neverAnswering(name: string): { tool: FakeTool; signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const tool = fakeTool(name, (_args, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  return { tool, signals };
}

/** Fails to log what tells of an event of this type. */
function failToLog(world: EngineWorld, type: string): void {
  const append = world.responses.append.bind(world.responses);
  vi.spyOn(world.responses, "append").mockImplementation(async (tenant, id, events) => {
    if (events.some((event) => event.type === type)) throw new Error("disk full");
    await append(tenant, id, events);
  });
}

const statusesOf = (output: readonly OutputItem[]) =>
  output.flatMap((item) => (item.type === "mcp_call" ? [item.status] : []));

describe("calls under way", () => {
  test("are stopped when their response fails", async () => {
    const world = new EngineWorld(both);
    const slow = neverAnswering("slow");
    world.mcp.servers.set(url, [fakeTool("quick"), slow.tool]);
    failToLog(world, "response.mcp_call.completed");
    await drain(world.respond({ tools: [docs], stream: true }));
    expect(world.stored()).toMatchObject({ status: "failed" });
    expect(slow.signals.map(({ aborted }) => aborted)).toEqual([true]);
    // The response itself was not cancelled.
    expect(world.abort.signal.aborted).toBe(false);
    expect(statusesOf(world.stored().output)).toEqual(["completed", "incomplete"]);
  });

  test("that were approved of are stopped when their response fails", async () => {
    const asking = { ...docs, require_approval: "always" };
    const world = new EngineWorld(both);
    const slow = neverAnswering("slow");
    world.mcp.servers.set(url, [fakeTool("quick"), slow.tool]);
    const question = await world.run({ tools: [asking] });
    const input = question.output.flatMap(({ type, id }) =>
      type === "mcp_approval_request"
        ? [{ type: "mcp_approval_response", approval_request_id: id, approve: true }]
        : [],
    );
    failToLog(world, "response.mcp_call.completed");
    const fields = { tools: [asking], previous_response_id: question.id, input, stream: true };
    const events = await drain(world.respond(fields));
    expect(events.at(-1)?.type).toBe("response.failed");
    expect(slow.signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("of a background response are stopped when it fails", async () => {
    const world = new BackgroundWorld(both);
    const slow = neverAnswering("slow");
    world.mcp.servers.set(url, [fakeTool("quick"), slow.tool]);
    failToLog(world, "response.mcp_call.completed");
    const { id } = await world.start({ tools: [docs] });
    await world.runJobs();
    expect(await world.get(id)).toMatchObject({ status: "failed" });
    expect(slow.signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
