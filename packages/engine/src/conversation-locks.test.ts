import { expect, test } from "vitest";
import { ConversationLocks } from "./conversation-locks.ts";
import { EngineWorld, say } from "./testing/engine-world.ts";

const hello = [[say.text("Hello"), say.stop]];

test("a second response in a conversation is refused while the first is being written", async () => {
  const world = new EngineWorld(hello, hello);
  const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
  await world.conversations.create("acme", conversation, []);
  const first = world.respond({ conversation: "conv_1", stream: true });
  await first.next();
  await expect(world.respond({ conversation: "conv_1" }).next()).rejects.toMatchObject({
    status: 400,
    code: "conversation_locked",
    param: "conversation",
  });
  for await (const _ of first);
  expect(await world.run({ conversation: "conv_1" })).toMatchObject({ status: "completed" });
});

test("a response that is left gives the lock back", async () => {
  const world = new EngineWorld(hello, hello);
  const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
  await world.conversations.create("acme", conversation, []);
  const first = world.respond({ conversation: "conv_1", stream: true });
  await first.next();
  await first.return();
  expect(() => world.locks.acquire("acme", "conv_1")).not.toThrow();
});

test("tenants and conversations do not hold each other up, nor does what has no conversation", () => {
  const locks = new ConversationLocks();
  locks.acquire("a", "conv_1");
  for (const [tenant, id] of [
    ["b", "conv_1"],
    ["a", "conv_2"],
    ["a", undefined],
    ["a", undefined],
  ] as const) {
    expect(() => locks.acquire(tenant, id)).not.toThrow();
  }
});
