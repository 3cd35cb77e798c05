import { ApiError, responseIdOfItem } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { clock, drain, EngineWorld, say, tokens } from "./testing/engine-world.ts";
import { readWithClient } from "./testing/read-with-client.ts";

const hello = [[say.text("Hel")], [say.text("lo"), say.stop, say.usage(5, 7)]];
const seconds = Math.floor(clock / 1000);

/** A request's fields that declare two functions. */
const withTools = {
  tools: [
    { type: "function", name: "a" },
    { type: "function", name: "b" },
  ],
};

describe("an answer", () => {
  test("is told by a legal stream and comes with its usage and times", async () => {
    const world = new EngineWorld(hello);
    expect(await world.run()).toMatchObject({
      object: "response",
      status: "completed",
      created_at: seconds,
      completed_at: seconds,
      model: "m",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello" }] }],
      usage: tokens(5, 7),
    });
    expect(world.faults).toEqual([]);
  });

  test("is read by the official client", async () => {
    const deltas = [
      say.reasoning("Hm."),
      say.text("Hello"),
      say.call(0, "a"),
      say.args(0, "{}"),
      say.toolCalls,
    ];
    const events = await drain(new EngineWorld([deltas]).respond({ ...withTools, stream: true }));
    const final = await readWithClient(events, true);
    expect(final.output_text).toBe("Hello");
    expect(final.output.map(({ type }) => type)).toEqual(["reasoning", "message", "function_call"]);
  });

  test.each([
    ["stop", say.stop, "completed", null],
    ["tool_calls", say.toolCalls, "completed", null],
    ["length", say.length, "incomplete", { reason: "max_output_tokens" }],
    ["content_filter", say.filtered, "incomplete", { reason: "content_filter" }],
  ])("that ends with %s is %o", async (_name, finish, status, incomplete_details) => {
    const response = await new EngineWorld([[say.text("Hal"), finish]]).run();
    expect(response).toMatchObject({ status, incomplete_details, error: null });
    expect(response.output[0]?.status).toBe(status === "completed" ? "completed" : "incomplete");
  });

  test("is announced before the model's first token", async () => {
    const first = Promise.withResolvers<void>();
    const stream = new EngineWorld([first.promise, ...hello]).respond();
    const opening = await stream.next();
    expect(opening.value?.map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
    first.resolve();
    expect((await stream.next()).value?.at(-1)).toMatchObject({ delta: "Hel" });
    await stream.return();
  });

  test("comes in the batches in which it was read, without empty ones", async () => {
    const script = [[say.text("a"), say.text("b")], [say.usage(1, 1)], [say.text("c")], [say.stop]];
    const sizes: number[] = [];
    for await (const batch of new EngineWorld(script).respond()) sizes.push(batch.length);
    expect(sizes).toEqual([2, 4, 1, 4]);
  });

  test("gives its items ids that lead back to it", async () => {
    const response = await new EngineWorld([[say.reasoning("Hm."), say.text("Hi"), say.stop]]).run();
    for (const { id } of response.output) expect(responseIdOfItem(id)).toBe(response.id);
  });
});

describe("the model is asked", () => {
  test("under the name its backend knows, with instructions, items and budget", async () => {
    const world = new EngineWorld(hello);
    await world.run({ instructions: "Be brief.", max_output_tokens: 50, input: "hi" });
    expect(world.model.seen).toHaveLength(1);
    expect(world.model.seen[0]?.turn).toMatchObject({
      model: "served-m",
      instructions: "Be brief.",
      maxOutputTokens: 50,
      tools: [],
      toolChoice: "none",
      items: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
    });
  });

  test("without instructions or a budget where none were given", async () => {
    const world = new EngineWorld(hello);
    await world.run();
    expect(world.model.seen[0]?.turn).toMatchObject({ instructions: null, maxOutputTokens: undefined });
  });

  test("with the tools that tool_choice leaves, while the echo keeps all", async () => {
    const world = new EngineWorld([[say.call(0, "b"), say.toolCalls]]);
    const response = await world.run({ ...withTools, tool_choice: { type: "function", name: "b" } });
    const turn = world.model.seen[0]?.turn;
    expect(turn?.tools.map(({ name }) => name)).toEqual(["b"]);
    expect(turn?.toolChoice).toEqual({ name: "b" });
    expect(response.tools).toHaveLength(2);
    expect(response.tool_choice).toEqual({ type: "function", name: "b" });
  });

  test("with the history of the previous response, but not its instructions", async () => {
    const world = new EngineWorld(hello, hello);
    const first = await world.run({ input: "q1", instructions: "Be brief." });
    const second = await world.run({ input: "q2", previous_response_id: first.id });
    expect(second).toMatchObject({ previous_response_id: first.id, instructions: null });
    const turn = world.model.seen[1]?.turn;
    expect(turn?.instructions).toBeNull();
    expect(turn?.items.map((item) => item.type === "message" && [item.role, item.content])).toMatchObject([
      ["user", [{ text: "q1" }]],
      ["assistant", [{ text: "Hello" }]],
      ["user", [{ text: "q2" }]],
    ]);
  });

  test("with the output of a call that the previous response made", async () => {
    const world = new EngineWorld([[say.call(0, "a"), say.args(0, "{}"), say.toolCalls]], hello);
    const first = await world.run(withTools);
    const output = { type: "function_call_output", call_id: "call_0", output: "4" };
    await world.run({ ...withTools, previous_response_id: first.id, input: [output] });
    expect(world.model.seen[1]?.turn.items.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
    ]);
  });

  test("and a conversation gets what was said, in order", async () => {
    const world = new EngineWorld(hello, hello);
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create("acme", conversation, []);
    await world.run({ conversation: "conv_1", input: "q1" });
    await world.run({ conversation: "conv_1", input: "q2" });
    expect(world.model.seen[1]?.turn.items).toHaveLength(3);
    const items = await world.conversations.items("acme", "conv_1");
    expect(items?.map((item) => item.type === "message" && item.role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
  });

  test("a conversation gains its items also where the response itself is not stored", async () => {
    const world = new EngineWorld(hello);
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create("acme", conversation, []);
    await world.run({ conversation: "conv_1", store: false });
    expect(await world.conversations.items("acme", "conv_1")).toHaveLength(2);
    expect(world.responses.all()).toEqual([]);
  });

  test("a conversation does not gain what failed", async () => {
    const world = new EngineWorld([[say.text("Hel")]]);
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create("acme", conversation, []);
    expect(await world.run({ conversation: "conv_1", stream: true })).toMatchObject({ status: "failed" });
    expect(await world.conversations.items("acme", "conv_1")).toEqual([]);
  });
});

describe("a response is stored", () => {
  test.each([true, false])("before its terminal event is told (stream %s)", async (stream) => {
    const world = new EngineWorld(hello);
    const held = Promise.withResolvers<void>();
    world.responses.faults.finish = held.promise;
    const batches = world.respond({ stream });
    for (let count = 0; count < 3; count++) await batches.next();
    let told = false;
    const closing = batches.next().then((result) => {
      told = true;
      return result;
    });
    // Every promise that can be resolved is resolved by then: what is still waited for is the store.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(false);
    held.resolve();
    const { value } = await closing;
    expect(value?.at(-1)).toMatchObject({ type: "response.completed" });
    expect(world.responses.written.at(-1)).toBe("completed");
  });

  test("as exactly the object that the terminal event carries, with its input", async () => {
    const world = new EngineWorld([[say.text("Hi"), say.stop, say.usage(1, 2)]]);
    const response = await world.run({ stream: true, metadata: { a: "b" } });
    expect(world.stored()).toEqual(response);
    const record = await world.responses.get("acme", response.id);
    expect(record?.input).toMatchObject([{ type: "message", role: "user" }]);
  });

  test("as it begins when it is streamed, so that it can be found while it runs", async () => {
    const world = new EngineWorld(hello);
    const batches = world.respond({ stream: true });
    await batches.next();
    await batches.next();
    expect(world.stored()).toMatchObject({ status: "in_progress", output: [] });
    for await (const _ of batches);
    expect(world.responses.written).toEqual(["in_progress", "completed"]);
  });

  test("once when it is not streamed", async () => {
    const world = new EngineWorld(hello);
    await world.run();
    expect(world.responses.written).toEqual(["completed"]);
  });

  test("under its tenant", async () => {
    const world = new EngineWorld(hello);
    const { id } = await world.run();
    expect(await world.responses.get("other", id)).toBeUndefined();
    expect(await world.responses.get("acme", id)).toBeDefined();
  });

  test("not at all where store is false, however it ends", async () => {
    const cut = [[say.text("Hal")]];
    for (const script of [hello, cut]) {
      const world = new EngineWorld(script);
      expect(await world.run({ store: false, stream: true })).toMatchObject({ store: false });
      expect(world.responses.written).toEqual([]);
    }
    const world = new EngineWorld(hello);
    const batches = world.respond({ store: false, stream: true });
    await batches.next();
    await batches.return();
    expect(world.responses.written).toEqual([]);
  });
});

describe("a store that fails", () => {
  test("at the end makes the response fail: nothing is claimed that is not kept", async () => {
    const world = new EngineWorld(hello);
    world.responses.faults.finish = new Error("disk full at /srv/data");
    const response = await world.run();
    expect(response).toMatchObject({ status: "failed", completed_at: null, usage: tokens(5, 7) });
    expect(response.error).toEqual({
      code: "server_error",
      message: "The server had an error while processing your request.",
    });
    expect(world.responses.all()).toEqual([]);
    expect(world.faults).toHaveLength(1);
  });

  test("at the end says so in its own words when it has some", async () => {
    const world = new EngineWorld(hello);
    world.responses.faults.finish = new ApiError("The disk is full.", {
      status: 500,
      type: "server_error",
      code: "store_full",
    });
    expect((await world.run()).error).toEqual({ code: "store_full", message: "The disk is full." });
  });

  test("at the beginning of a stream fails the request, and the model's server is told", async () => {
    const world = new EngineWorld(hello);
    world.responses.faults.begin = new Error("busy");
    await expect(world.respond({ stream: true }).next()).rejects.toMatchObject({ status: 500 });
    expect(world.model.seen[0]?.signal.aborted).toBe(true);
  });

  test("in the middle of a stream makes the response fail: nobody is sent what could not be read again", async () => {
    const world = new EngineWorld(hello);
    world.responses.faults.append = new Error("disk full");
    expect(await world.run({ stream: true })).toMatchObject({
      status: "failed",
      output: [{ status: "incomplete" }],
    });
    expect(world.stored().status).toBe("failed");
  });

  test("after a fault of the model still ends the stream", async () => {
    const world = new EngineWorld([[say.text("Hal")], new Error("cut")]);
    world.responses.faults.finish = new Error("disk full");
    expect(await world.run()).toMatchObject({ status: "failed", output: [{ status: "incomplete" }] });
    expect(world.faults).toHaveLength(2);
  });
});
