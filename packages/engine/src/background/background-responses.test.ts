import { encodeEvent, type ResponseEvent } from "@gateway/protocol";
import { checkStream, StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { openEvents } from "../follow-events.ts";

import { BackgroundWorld } from "../testing/background-world.ts";
import { say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";

const hello = [[say.text("Hel")], [say.text("lo"), say.stop, say.usage(5, 7)]];
const search = [say.call(0, "file_search"), say.args(0, '{"queries":["q"]}'), say.toolCalls, say.usage(1, 1)];
const withSearch = { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] };

/** All events of a response, to its end. */
async function follow(world: BackgroundWorld, id: string, after = -1): Promise<ResponseEvent[]> {
  const events: ResponseEvent[] = [];
  const { signal } = new AbortController();
  for await (const batch of await openEvents(world.tenant, id, after, world.deps(), signal)) {
    events.push(...batch.map((json) => JSON.parse(json) as ResponseEvent));
  }
  return events;
}

describe("a response in the background", () => {
  test("is queued at once, and its job runs it to its end", async () => {
    const world = new BackgroundWorld(hello);
    const queued = await world.start();
    expect(queued).toMatchObject({ status: "queued", background: true, output: [], usage: null });
    expect(await world.get(queued.id)).toMatchObject({ status: "queued" });
    const reader = follow(world, queued.id);
    await world.runJobs();
    expect(await world.get(queued.id)).toMatchObject({
      status: "completed",
      output: [{ type: "message", content: [{ text: "Hello" }] }],
      usage: { total_tokens: 12 },
    });
    const events = await reader;
    checkStream(events);
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
    ]);
    expect(await follow(world, queued.id, 4)).toEqual(events.slice(5));
  });

  test("that is wrong is refused before it is queued", async () => {
    const world = new BackgroundWorld();
    await expect(world.start({ model: "other" })).rejects.toMatchObject({ status: 404 });
    await expect(world.start({ previous_response_id: "resp_0" })).rejects.toMatchObject({ status: 404 });
    expect(world.responses.queued).toEqual([]);
  });

  test("whose model fails is failed, not lost", async () => {
    const world = new BackgroundWorld(new Error("unreachable"));
    const { id } = await world.start();
    await world.runJobs();
    expect(await world.get(id)).toMatchObject({ status: "failed", error: { code: "server_error" } });
    checkStream(await follow(world, id));
  });

  test("holds its conversation from the moment it is queued until it has ended", async () => {
    const world = new BackgroundWorld(hello, hello);
    await world.conversations.create(
      world.tenant,
      { id: "conv_1", object: "conversation", created_at: 0, metadata: {} },
      [],
    );
    await world.start({ conversation: "conv_1" });
    await expect(world.start({ conversation: "conv_1" })).rejects.toMatchObject({
      code: "conversation_locked",
    });
    await world.runJobs();
    await world.start({ conversation: "conv_1" });
    expect(await world.conversations.items(world.tenant, "conv_1")).toHaveLength(2);
  });

  test("is not continued before it has ended", async () => {
    const world = new BackgroundWorld(hello, hello);
    const { id } = await world.start();
    await expect(world.start({ previous_response_id: id })).rejects.toMatchObject({
      status: 400,
      param: "previous_response_id",
    });
    await world.runJobs();
    await world.start({ previous_response_id: id });
  });
});

test("a response that was deleted is not there, also while its work is being stopped", async () => {
  const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
  const { id } = await world.start();
  const running = world.runJobs();
  await world.logged(id, "response.output_text.delta");
  await world.responses.delete(world.tenant, id);
  expect(world.running.changed(world.tenant, id)).toBeDefined();
  await expect(world.start({ previous_response_id: id })).rejects.toMatchObject({
    status: 404,
    code: "previous_response_not_found",
  });
  await world.background.forget(world.tenant, id);
  await running;
});

describe("cancelling", () => {
  test("a queued response ends it without a call of the model", async () => {
    const world = new BackgroundWorld();
    const { id } = await world.start();
    const reader = follow(world, id);
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({ id, status: "cancelled" });
    expect((await reader).map(({ type }) => type)).not.toContain("response.completed");
    await world.runJobs();
    expect(world.model.seen).toEqual([]);
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({ status: "cancelled" });
  });

  test("a running response stops the model and keeps what it said", async () => {
    const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
    const { id } = await world.start();
    const running = world.runJobs();
    await world.logged(id, "response.output_text.delta");
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({
      status: "cancelled",
      output: [{ status: "incomplete", content: [{ text: "Hal" }] }],
    });
    await running;
    expect(world.model.seen[0]?.signal.aborted).toBe(true);
  });

  test("what has ended gives it as it is; what is not there is nothing; the rest is refused", async () => {
    const world = new BackgroundWorld(hello, hello);
    const { id } = await world.start();
    await world.runJobs();
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({ status: "completed" });
    expect(await world.background.cancel("other", id)).toBeUndefined();
    const foreground = await world.run();
    await expect(world.background.cancel(world.tenant, foreground.id)).rejects.toMatchObject({ status: 400 });
  });
});

describe("after the process has ended in the middle", () => {
  /** A second process on what the first has left. */
  async function restart(world: BackgroundWorld, ...scripts: ConstructorParameters<typeof BackgroundWorld>) {
    const next = new BackgroundWorld(...scripts);
    next.takeOver(world);
    const recovered = await next.recover();
    return { next, recovered };
  }

  test("a response goes on: numbers have no gaps, and what was open is closed and left behind", async () => {
    const world = new BackgroundWorld([[say.reasoning("Hm."), say.text("The ca")], "hang"]);
    const { id } = await world.start();
    const job = world.claim();
    void world.background.run(job, world.stopping.signal, world.log).catch(() => {});
    await world.logged(id, "response.output_text.delta");
    const seen = await world.snapshot(id);

    const { next, recovered } = await restart(world, [[say.text("The capital."), say.stop]]);
    expect(recovered).toEqual({ failed: 0, resumed: 1 });
    const reader = follow(next, id, seen.length - 1);
    await next.background.run(job, next.stopping.signal, next.log);
    const events = [...seen, ...(await reader)];
    const checker = new StreamChecker({ restarted: true });
    for (const event of events) checker.push(event);
    checker.end();
    expect(await follow(next, id)).toEqual(events);
    expect(await next.get(id)).toMatchObject({
      status: "completed",
      output: [{ type: "message", content: [{ text: "The capital." }] }],
    });
  });

  test("searches that were made are kept and not made again", async () => {
    const world = new BackgroundWorld([search], [[say.text("Half")], "hang"]);
    world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
    const { id } = await world.start(withSearch);
    const job = world.claim();
    void world.background.run(job, world.stopping.signal, world.log).catch(() => {});
    await world.logged(id, "response.output_text.delta");

    const { next } = await restart(world, [[say.text("Whole 【1】"), say.stop, say.usage(2, 2)]]);
    next.knowledge.stores.set("vs_1", []);
    await next.background.run(job, next.stopping.signal, next.log);
    expect(next.knowledge.asked).toEqual([]);
    expect(await next.get(id)).toMatchObject({
      status: "completed",
      output: [
        { type: "file_search_call", status: "completed", results: [{ file_id: "file-1" }] },
        { content: [{ text: "Whole", annotations: [{ file_id: "file-1" }] }] },
      ],
      usage: { total_tokens: 6 },
    });
  });

  test("one that is ended in good order goes on as well, and is not cancelled", async () => {
    const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
    const { id } = await world.start();
    const job = world.claim();
    const running = world.background.run(job, world.stopping.signal, world.log);
    await world.logged(id, "response.output_text.delta");
    world.stopping.abort(new Error("The server is shutting down."));
    await expect(running).rejects.toThrow("shutting down");
    expect(await world.get(id)).toMatchObject({ status: "in_progress" });
    const { next } = await restart(world, hello);
    await next.background.run(job, next.stopping.signal, next.log);
    expect(await next.get(id)).toMatchObject({ status: "completed" });
  });

  test("a foreground response is found as failed, with what it had said", async () => {
    const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
    const stream = world.respond({ stream: true });
    const sent: ResponseEvent[] = [];
    while (!sent.some(({ type }) => type === "response.output_text.delta")) {
      sent.push(...((await stream.next()).value ?? []));
    }
    const { next, recovered } = await restart(world);
    expect(recovered).toEqual({ failed: 1, resumed: 0 });
    const [first] = sent;
    const id = first && "response" in first ? first.response.id : "";
    const events = await follow(next, id);
    expect(events.slice(0, sent.length).map(encodeEvent)).toEqual(sent.map(encodeEvent));
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { status: "failed" } });

    await stream.return();
  });
});

test("a response whose job cannot be run is failed, and its readers are told", async () => {
  const world = new BackgroundWorld();
  const { id } = await world.start();
  const reader = follow(world, id);
  await world.background.giveUp(world.claim(), new Error("no disk"));
  expect((await reader).at(-1)).toMatchObject({ type: "response.failed" });
  expect(await world.get(id)).toMatchObject({ status: "failed" });
});

describe("a response whose end cannot be stored", () => {
  /** A world whose response has just been run while its end could not be written. */
  async function unstored(...scripts: ConstructorParameters<typeof BackgroundWorld>) {
    const world = new BackgroundWorld(hello, ...scripts);
    const { id } = await world.start();
    const job = world.claim();
    world.responses.faults.finish = new Error("disk full");
    await expect(world.background.run(job, world.stopping.signal, world.log)).rejects.toThrow();
    expect(await world.get(id)).toMatchObject({ status: "in_progress" });
    return { world, id, job };
  }

  test("is not taken for over: the next attempt of its job ends it, and its readers are told", async () => {
    const { world, id, job } = await unstored(hello);
    const reader = follow(world, id);
    delete world.responses.faults.finish;
    await world.background.run(job, world.stopping.signal, world.log);
    expect(await world.get(id)).toMatchObject({ status: "completed", output: [{ type: "message" }] });
    expect((await reader).at(-1)).toMatchObject({ type: "response.completed" });
    expect(world.running.changed(world.tenant, id)).toBeUndefined();
  });

  test("can be cancelled between two attempts", async () => {
    const { world, id } = await unstored();
    delete world.responses.faults.finish;
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({ status: "cancelled" });
    expect(world.taken.size).toBe(0);
  });

  test("because it was cancelled can be cancelled again", async () => {
    const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
    const { id } = await world.start();
    const running = world.background.run(world.claim(), world.stopping.signal, world.log);
    await world.logged(id, "response.output_text.delta");
    world.responses.faults.finish = new Error("disk full");
    await expect(world.background.cancel(world.tenant, id)).rejects.toThrow("disk full");
    await running;
    delete world.responses.faults.finish;
    expect(await world.background.cancel(world.tenant, id)).toMatchObject({
      status: "cancelled",
      output: [{ content: [{ text: "Hal" }] }],
    });
  });

  test("is failed at the next start where its job is gone, and its conversation is free", async () => {
    const world = new BackgroundWorld([[say.text("Hal")], "hang"]);
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await world.conversations.create(world.tenant, conversation, []);
    const { id } = await world.start({ conversation: "conv_1" });
    void world.background.run(world.claim(), world.stopping.signal, world.log).catch(() => {});
    await world.logged(id, "response.output_text.delta");
    world.taken.clear();

    const next = new BackgroundWorld(hello);
    next.takeOver(world);
    await next.conversations.create(next.tenant, conversation, []);
    expect(await next.recover()).toEqual({ failed: 1, resumed: 0 });
    expect(await next.get(id)).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect((await follow(next, id)).at(-1)).toMatchObject({ type: "response.failed" });
    expect((await next.start({ conversation: "conv_1" })).status).toBe("queued");
  });
});
