import { ApiError, badRequest, internal } from "@gateway/protocol";
import { describe, expect, test, vi } from "vitest";
import { answer, manage, shown, talk } from "../testing/compaction-talk.ts";
import { EngineWorld, say } from "../testing/engine-world.ts";

describe("a summary that is not to be had", () => {
  test("keeps its status where the response has not begun", async () => {
    const busy = new ApiError("Slow down.", { status: 429, type: "rate_limit_error", retryAfter: 3 });
    const world = new EngineWorld(busy);
    await expect(world.respond({ ...manage, input: talk, stream: true }).next()).rejects.toBe(busy);
    expect(world.responses.written).toEqual([]);
  });

  test.each([
    ["is refused", badRequest("unknown parameter", { param: "max_tokens" })],
    ["meets a server that is down", internal("unreachable")],
  ])(
    "otherwise leaves the response with all of its context, without an item: it %s",
    async (_name, script) => {
      const world = new EngineWorld(script, answer);
      const response = await world.run({ ...manage, input: talk, stream: true });
      expect(response).toMatchObject({ status: "completed", output: [{ type: "message" }] });
      expect(shown(world, 1)).toHaveLength(4);
      expect(world.faults).toEqual([expect.stringContaining("could not be compacted")]);
    },
  );

  test("since the context is too long by far is not asked for, and the response goes on", async () => {
    const world = new EngineWorld(answer);
    world.model.window = 500;
    const input = [
      { role: "user", content: "word ".repeat(40_000) },
      { role: "assistant", content: "first" },
      { role: "user", content: "two" },
    ];
    const fields = { context_management: [{ type: "compaction" }], input };
    expect(await world.run(fields)).toMatchObject({ status: "completed", output: [{ type: "message" }] });
    expect(world.model.seen).toHaveLength(1);
    expect(world.faults).toEqual([expect.stringContaining("could not be compacted")]);
  });

  test("ends the request where nothing else is asked for", async () => {
    const broken = internal("unreachable");
    const world = new EngineWorld(broken);
    const input = [...talk, { type: "compaction_trigger" }];
    await expect(world.respond({ input }).next()).rejects.toBe(broken);
    expect(world.faults).toEqual([]);
  });

  test("ends with the request when its caller has left", async () => {
    const world = new EngineWorld(internal("unreachable"));
    const opening = vi.spyOn(world.model, "open").mockImplementation(async () => {
      world.abort.abort();
      throw internal("the call was aborted");
    });
    await expect(world.respond({ ...manage, input: talk }).next()).rejects.toThrow("aborted");
    expect(opening).toHaveBeenCalledOnce();
    expect(world.faults).toEqual([]);
  });

  test.each([
    ["breaks off", [[say.text("No")], internal("broken")]],
    ["is empty", [[say.stop]]],
    ["never finishes", [[say.text("No")]]],
  ])("later leaves the response with all of its context: it %s", async (_name, script) => {
    const world = new EngineWorld(script, answer);
    const response = await world.run({ ...manage, input: talk, stream: true });
    expect(response).toMatchObject({
      status: "completed",
      output: [{ type: "compaction", encrypted_content: "" }, { type: "message" }],
    });
    expect(shown(world, 1)).toHaveLength(4);
    expect(world.faults).toEqual([expect.stringContaining("could not be compacted")]);
  });

  test("is passed over where the response is continued, or its output sent back", async () => {
    const world = new EngineWorld([[say.stop]], answer, answer, answer);
    const { id, output } = await world.run({ ...manage, input: talk });
    await world.run({ input: "Go on.", previous_response_id: id });
    await world.run({ input: [...talk, ...output, { role: "user", content: "Go on." }] });
    for (const turn of [2, 3]) expect(shown(world, turn)).toHaveLength(6);
    expect(world.faults).toHaveLength(1);
  });

  test("ends with the response when nobody waits any more", async () => {
    const world = new EngineWorld([[say.text("No")], "hang"]);
    const stream = world.respond({ ...manage, input: talk, stream: true });
    await stream.next();
    await stream.next();
    world.abort.abort();
    await drainQuietly(stream);
    expect(world.stored()).toMatchObject({
      status: "cancelled",
      output: [{ type: "compaction", encrypted_content: "" }],
    });
    expect(world.model.seen).toHaveLength(1);
  });
});

async function drainQuietly(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _batch of stream);
}
