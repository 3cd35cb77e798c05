import type { ResponseEvent, ResponseObject } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { recoverResponses } from "../background/recover.ts";
import { drain, say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";
import { events, finish, IdempotentWorld, type Made, made } from "../testing/idempotent-world.ts";
import type { Script } from "../testing/scripted-model.ts";

const hello: Script = [[say.text("Hel")], [say.text("lo"), say.stop, say.usage(5, 7)]];

describe("a request that comes again with its key", () => {
  test("gets the answer that there is, without the model", async () => {
    const world = new IdempotentWorld(hello);
    const first = await finish(await world.ask());
    expect(await world.ask()).toEqual({ answer: first });
    expect(world.model.seen).toHaveLength(1);
    expect(await world.responses.get(world.tenant, first.id)).toMatchObject({ response: first });
  });

  test("gets an answer that was cut by a limit, too", async () => {
    const world = new IdempotentWorld([[say.text("Hel"), say.length, say.usage(1, 1)]]);
    const first = await finish(await world.ask());
    expect(first.status).toBe("incomplete");
    expect(await world.ask()).toEqual({ answer: first });
  });

  test("gets the events of a stream from the first on", async () => {
    const world = new IdempotentWorld(hello);
    const sent = await drain(made(await world.ask({ stream: true })));
    const { follow } = (await world.ask({ stream: true })) as { follow: string };
    expect((await events(world, follow)).map((json) => JSON.parse(json))).toEqual(sent);
  });

  test("gets an answer that is not stored as it was sent, from the next process too", async () => {
    const world = new IdempotentWorld(hello);
    const first = await finish(await world.ask({ store: false }));
    expect(world.responses.all()).toEqual([]);
    expect(await world.ask({ store: false })).toEqual({ answer: first });
    const next = new IdempotentWorld();
    next.takeOver(world);
    expect(await next.ask({ store: false })).toEqual({ answer: first });
  });

  test.for([
    ["without what it was not to show", {}],
    ["with what it was to show", { include: ["file_search_call.results", "reasoning.encrypted_content"] }],
  ] as const)("gets the events of a stream that is not stored, told, %s", async ([, fields]) => {
    const world = new IdempotentWorld(
      [[say.call(0, "file_search"), say.args(0, '{"queries":["q"]}'), say.toolCalls, say.usage(1, 1)]],
      [
        [say.reasoning("Hm."), say.text("Hel")],
        [say.text("lo"), say.stop, say.usage(5, 7)],
      ],
    );
    world.knowledge.stores.set("vs_1", [passage("file-1", "cats.md", "Cats sleep.")]);
    const tools = [{ type: "file_search", vector_store_ids: ["vs_1"] }];
    const asked = { ...fields, tools, store: false, stream: true };
    const sent = await drain(made(await world.ask(asked)));
    const { events: told } = (await world.ask(asked)) as { events: ResponseEvent[] };
    checkStream(told);
    expect(told.at(-1)).toEqual({ ...sent.at(-1), sequence_number: told.length - 1 });
    const itemsOf = (all: ResponseEvent[]) =>
      all.flatMap((event) => (event.type === "response.output_item.done" ? [event.item] : []));
    expect(itemsOf(told)).toEqual(itemsOf(sent));
    expect(itemsOf(told).map(({ type }) => type)).toEqual(["file_search_call", "reasoning", "message"]);
  });

  test("with another body is refused, while the first is made and when it is there", async () => {
    const world = new IdempotentWorld(hello);
    const refused = { status: 422, code: "idempotency_key_reused", param: null };
    const first = made(await world.ask());
    await expect(world.ask({ input: "other" })).rejects.toMatchObject(refused);
    await first.next();
    await expect(world.ask({ input: "other" })).rejects.toMatchObject(refused);
    await finish(first);
    await expect(world.ask({ input: "other" })).rejects.toMatchObject(refused);
    expect(await world.ask()).toHaveProperty("answer");
  });

  test("of another tenant, or with another key, is another request", async () => {
    const world = new IdempotentWorld(hello, hello, hello);
    await finish(await world.ask());
    await finish(await world.ask({ input: "theirs" }, { tenant: "other" }));
    await finish(await world.ask({ input: "other" }, { key: "k2" }));
    expect(world.model.seen).toHaveLength(3);
  });
});

describe("a key whose first request came to nothing", () => {
  test.for([
    ["the model's server refused", [new Error("no")] as Script[], {}],
    ["there is no such model", [] as Script[], { model: "none" }],
    ["the answer failed", [[[say.text("x")], new Error("broken")]] as Script[], {}],
    ["the answer failed, and is not stored", [[new Error("broken")]] as Script[], { store: false }],
  ] as const)("is free again for any body: %s", async ([, scripts, fields]) => {
    const world = new IdempotentWorld(...scripts, hello);
    await drainAny(made(await world.ask(fields)));
    const answer = await finish(await world.ask({ input: "corrected" }));
    expect(await world.ask({ input: "corrected" })).toEqual({ answer });
    await expect(world.ask(fields)).rejects.toMatchObject({ code: "idempotency_key_reused" });
  });

  test("is free again when its response was deleted", async () => {
    const world = new IdempotentWorld(hello, hello, hello);
    const stored = await finish(await world.ask());
    await world.responses.delete(world.tenant, stored.id);
    expect(await world.requests.forget(world.tenant, stored.id)).toBe(false);
    expect((await finish(await world.ask())).id).not.toBe(stored.id);

    const unstored = await finish(await world.ask({ store: false }, { key: "k2" }));
    expect(await world.requests.forget("other", unstored.id)).toBe(false);
    expect(await world.requests.forget(world.tenant, unstored.id)).toBe(true);
    expect(await world.enter({ store: false }, { key: "k2" })).toHaveProperty("run");
  });

  test("is free again when what was kept of its answer cannot be read any more", async () => {
    const world = new IdempotentWorld(hello, hello);
    const first = await finish(await world.ask({ store: false }));
    const key = { tenant: world.tenant, path: "/v1/responses", key: "k1" };
    await world.claims.complete(key, first.id, "sealed with a key that is gone");
    const second = await finish(await world.ask({ store: false }));
    expect(await world.ask({ store: false })).toEqual({ answer: second });
  });
});

async function drainAny(batches: Made): Promise<void> {
  await finish(batches).catch(() => {});
}

describe("the next process", () => {
  /** A process that takes over what another has left, as it does at its start. */
  async function restarted(world: IdempotentWorld, ...scripts: Script[]): Promise<IdempotentWorld> {
    const next = new IdempotentWorld(...scripts);
    next.takeOver(world);
    await recoverResponses({ adopt: async () => true } as never, next.deps());
    return next;
  }

  test("gives the answers that the last one has given", async () => {
    const world = new IdempotentWorld(hello, hello);
    const plain = await finish(await world.ask());
    const sent = await drain(made(await world.ask({ stream: true }, { key: "k2" })));
    const next = await restarted(world);
    expect(await next.ask()).toEqual({ answer: plain });
    const { follow } = (await next.ask({ stream: true }, { key: "k2" })) as { follow: string };
    expect((await events(next, follow)).map((json) => JSON.parse(json))).toEqual(sent);
  });

  test.for(["claimed", "begun"] as const)("makes an answer anew that was only %s", async (state) => {
    const world = new IdempotentWorld([[say.text("Hel")], "hang"]);
    const first = made(await world.ask({ stream: true }));
    if (state === "begun") await first.next();
    const next = await restarted(world, hello);
    const answer = await finish(await next.ask({ stream: true }));
    expect(await next.ask({ stream: true })).toEqual({ follow: answer.id });
  });
});

describe("a response in the background", () => {
  const fields = { background: true };

  /** Accepts one: queued, and its run ended. */
  async function accept(world: IdempotentWorld): Promise<ResponseObject> {
    const entrance = await world.enter(fields);
    if (!("run" in entrance)) throw new Error("it is answered already");
    const inner = new IdempotentWorld(hello);
    const response = await finish(inner.respond());
    const queued = {
      ...response,
      ...{ id: entrance.run.responseId, status: "queued" as const, background: true, output: [] },
    };
    await world.responses.begin(world.tenant, { response: queued, input: [] });
    entrance.run.end();
    return queued;
  }

  test("is the answer from the moment it is accepted, as it then is", async () => {
    const world = new IdempotentWorld();
    const queued = await accept(world);
    expect(await world.ask(fields)).toEqual({ answer: queued });
    const running = { ...queued, status: "in_progress" as const };
    await world.responses.begin(world.tenant, { response: running, input: [] });
    expect(await world.ask(fields)).toEqual({ answer: running });
    const next = new IdempotentWorld();
    next.takeOver(world);
    expect(await next.ask(fields)).toEqual({ answer: running });
    const done = { ...queued, status: "completed" as const };
    await next.responses.finish(next.tenant, { response: done, input: [] });
    expect(await next.ask(fields)).toEqual({ answer: done });
  });

  test.for(["failed", "cancelled"] as const)("that %s is none", async (status) => {
    const world = new IdempotentWorld();
    const queued = await accept(world);
    await world.responses.finish(world.tenant, { response: { ...queued, status }, input: [] });
    expect(await world.enter(fields)).toHaveProperty("run");
  });
});

describe("a store that fails", () => {
  test("makes the request fail before the model is asked, and leaves nobody waiting", async () => {
    const world = new IdempotentWorld(hello);
    world.claims.faults.claim = new Error("disk full");
    await expect(world.ask()).rejects.toThrow("disk full");
    delete world.claims.faults.claim;
    expect((await finish(await world.ask())).status).toBe("completed");
    expect(world.model.seen).toHaveLength(1);
  });

  test("does not take an answer away that is made, even where it cannot be kept", async () => {
    const world = new IdempotentWorld(hello, hello);
    world.claims.faults.complete = new Error("disk full");
    expect((await finish(await world.ask({ store: false }))).status).toBe("completed");
    expect(world.faults).toEqual(["the answer to a request with an idempotency key was not kept"]);
    expect((await finish(await world.ask({ store: false }))).status).toBe("completed");
  });
});
