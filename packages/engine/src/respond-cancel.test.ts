import type { ResponseEvent } from "@gateway/protocol";
import { StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { EngineWorld, say } from "./testing/engine-world.ts";

type Stream = AsyncGenerator<ResponseEvent[], void, undefined>;

/** Reads batches until the stream stops or this many came; each is checked. */
async function read(stream: Stream, batches = Number.POSITIVE_INFINITY): Promise<ResponseEvent[]> {
  const checker = new StreamChecker();
  const events: ResponseEvent[] = [];
  for (let count = 0; count < batches; count++) {
    const { done, value } = await stream.next();
    if (done) break;
    for (const event of value) checker.push(event);
    events.push(...value);
  }
  return events;
}

const partial = [[say.text("Hal")], [say.call(0, "a"), say.args(0, '{"x')]];
const tools = [{ type: "function", name: "a" }];
const fields = { stream: true, tools };

/** What a cancelled response looks like that had begun to write a text and a call. */
const cancelled = {
  status: "cancelled",
  completed_at: null,
  error: null,
  output: [
    { type: "message", status: "completed", content: [{ text: "Hal" }] },
    { type: "function_call", status: "incomplete", arguments: '{"x' },
  ],
};

describe("a request whose client leaves (signal)", () => {
  test("before the model was asked ends there, with nothing stored", async () => {
    const world = new EngineWorld([[say.stop]]);
    world.abort.abort();
    await expect(world.respond(fields).next()).rejects.toThrow();
    expect(world.model.seen).toEqual([]);
    expect(world.responses.written).toEqual([]);
  });

  test("while the model's server is silent is told to it at once and stored as cancelled", async () => {
    const world = new EngineWorld([...partial, "hang"]);
    const stream = world.respond(fields);
    await read(stream, 3);
    const waiting = read(stream);
    world.abort.abort();
    expect(await waiting).toEqual([]);
    expect(world.model.seen[0]?.signal.aborted).toBe(true);
    expect(world.stored()).toMatchObject(cancelled);
    expect(world.faults).toEqual([]);
  });

  test("before the first token is stored as cancelled with no output", async () => {
    const world = new EngineWorld(["hang"]);
    const stream = world.respond(fields);
    await stream.next();
    world.abort.abort();
    expect(await read(stream)).toEqual([]);
    expect(world.stored()).toMatchObject({ status: "cancelled", output: [] });
  });

  test("between the two turns of a compulsory call", async () => {
    const world = new EngineWorld([[say.text("x"), say.stop]], ["hang"]);
    const stream = world.respond({ ...fields, tool_choice: "required" });
    await stream.next();
    const waiting = read(stream);
    world.abort.abort();
    expect(await waiting).toEqual([]);
    expect(world.stored()).toMatchObject({ status: "cancelled", output: [] });
  });

  test("after the model has finished keeps what it has", async () => {
    const world = new EngineWorld([[say.text("Hello")], [say.stop]]);
    const held = Promise.withResolvers<void>();
    world.responses.faults.finish = held.promise;
    const stream = world.respond(fields);
    await read(stream, 2);
    const closing = stream.next();
    await new Promise((resolve) => setImmediate(resolve));
    world.abort.abort();
    held.resolve();
    expect((await closing).value?.at(-1)).toMatchObject({ type: "response.completed" });
    expect(world.stored()).toMatchObject({ status: "completed", output: [{ status: "completed" }] });
  });

  test("after the end changes nothing", async () => {
    const world = new EngineWorld([[say.text("Hello"), say.stop]]);
    await read(world.respond(fields));
    world.abort.abort();
    expect(world.stored().status).toBe("completed");
    expect(world.responses.written).toEqual(["in_progress", "completed"]);
  });

  test("is not stored where store is false", async () => {
    const world = new EngineWorld([...partial, "hang"]);
    const stream = world.respond({ ...fields, store: false });
    await read(stream, 3);
    world.abort.abort();
    await read(stream);
    expect(world.responses.written).toEqual([]);
  });

  test("is logged when it cannot be stored, and ends all the same", async () => {
    const world = new EngineWorld([...partial, "hang"]);
    world.responses.faults.finish = new Error("disk full");
    const stream = world.respond(fields);
    await read(stream, 3);
    world.abort.abort();
    expect(await read(stream)).toEqual([]);
    expect(world.faults).toEqual(["a cancelled response was not stored"]);
  });
});

describe("a stream that is returned", () => {
  test("before it began does nothing at all", async () => {
    const world = new EngineWorld([[say.stop]]);
    const stream = world.respond(fields);
    await stream.return();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(world.model.seen).toEqual([]);
    expect(world.responses.written).toEqual([]);
  });

  test("right after it began lets go of the model's server and is stored as cancelled", async () => {
    const world = new EngineWorld(partial);
    const stream = world.respond(fields);
    await stream.next();
    await stream.return();
    expect(world.model.seen[0]?.signal.aborted).toBe(true);
    expect(world.stored()).toMatchObject({ status: "cancelled", output: [] });
  });

  test("in the middle closes the model's stream and every item, and is stored as cancelled", async () => {
    const world = new EngineWorld([...partial, "hang"]);
    const stream = world.respond(fields);
    await read(stream, 3);
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(world.model.seen[0]?.state).toBe("returned");
    expect(world.stored()).toMatchObject(cancelled);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("in the second turn of a compulsory call closes that turn's stream", async () => {
    const world = new EngineWorld([[say.text("x"), say.stop]], [[say.reasoning("Hm.")], "hang"]);
    const stream = world.respond({ ...fields, tool_choice: "required" });
    await read(stream, 2);
    await stream.return();
    expect(world.model.seen.map(({ state }) => state)).toEqual(["over", "returned"]);
    expect(world.stored()).toMatchObject({ status: "cancelled", output: [{ type: "reasoning" }] });
  });

  test("at its terminal event stays completed", async () => {
    const world = new EngineWorld([[say.text("Hello"), say.stop]]);
    const stream = world.respond(fields);
    const events = await read(stream, 3);
    expect(events.at(-1)?.type).toBe("response.completed");
    await stream.return();
    expect(world.stored().status).toBe("completed");
    expect(world.responses.written).toEqual(["in_progress", "completed"]);
    expect(world.model.seen[0]?.signal.aborted).toBe(false);
  });
});
