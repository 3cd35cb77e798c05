import { StreamChecker } from "@gateway/protocol/grammar";
import { expect, test, vi } from "vitest";
import { BackgroundWorld } from "../testing/background-world.ts";
import { answer, manage, notes, talk } from "../testing/compaction-talk.ts";
import { say } from "../testing/engine-world.ts";
import { isSummaryTurn } from "./compaction-prompt.ts";

const halfway = [[say.text("Ri")], "hang" as const];

/** A second process on what the first has left, and the job that it takes up. */
async function restarted(world: BackgroundWorld, ...scripts: ConstructorParameters<typeof BackgroundWorld>) {
  const next = new BackgroundWorld(...scripts);
  next.takeOver(world);
  await next.recover();
  return next;
}

test("a compaction that was done before the process ended is kept, not done twice", async () => {
  const world = new BackgroundWorld(notes, halfway);
  const { id } = await world.start({ ...manage, input: talk, max_output_tokens: 16 });
  const job = world.claim();
  void world.background.run(job, world.stopping.signal, world.log).catch(() => {});
  await world.logged(id, "response.output_text.delta");

  const next = await restarted(world, answer);
  await next.background.run(job, next.stopping.signal, next.log);
  expect(next.model.seen.map(({ turn }) => isSummaryTurn(turn))).toEqual([false]);
  expect(next.model.seen[0]?.turn).toMatchObject({
    maxOutputTokens: 16,
    items: [{ role: "developer" }, { role: "user" }, { role: "user", content: [{ text: "And now?" }] }],
  });
  expect(await next.get(id)).toMatchObject({
    status: "completed",
    output: [{ type: "compaction" }, { content: [{ text: "Right." }] }],
    usage: { output_tokens: 35 },
  });
  const checker = new StreamChecker({ restarted: true });
  for (const event of await next.snapshot(id)) checker.push(event);
  checker.end();
});

test("a compaction is no call of a tool: what the model must call, it must call after it", async () => {
  const world = new BackgroundWorld(notes, halfway);
  const tools = [{ type: "function", name: "f" }];
  await world.start({ ...manage, input: talk, tools, tool_choice: "required" });
  const job = world.claim();
  const running = world.background.run(job, world.stopping.signal, world.log).catch(() => {});
  await vi.waitFor(() => expect(world.model.seen).toHaveLength(2), { timeout: 10_000 });

  const next = await restarted(world, [[say.call(0, "f"), say.args(0, "{}"), say.toolCalls]]);
  await next.background.run(job, next.stopping.signal, next.log);
  expect(next.model.seen[0]?.turn.toolChoice).toBe("required");
  world.stopping.abort();
  await running;
});

test("one that was cut is begun again", async () => {
  const world = new BackgroundWorld([[say.text("No")], "hang"]);
  const { id } = await world.start({ ...manage, input: talk });
  const job = world.claim();
  void world.background.run(job, world.stopping.signal, world.log).catch(() => {});
  await world.logged(id, "response.compaction.compacting");

  const next = await restarted(world, notes, answer);
  await next.background.run(job, next.stopping.signal, next.log);
  expect((await next.get(id))?.output).toMatchObject([
    { type: "compaction", encrypted_content: expect.stringContaining("Notes: a dull day.") },
    { type: "message" },
  ]);
  const checker = new StreamChecker({ restarted: true });
  for (const event of await next.snapshot(id)) checker.push(event);
  checker.end();
});

test("a compaction_trigger whose compaction was done is over", async () => {
  const world = new BackgroundWorld(notes);
  const { id } = await world.start({ input: [...talk, { type: "compaction_trigger" }] });
  const job = world.claim();
  await world.background.run(job, world.stopping.signal, world.log);
  const stored = await world.responses.get("acme", id);
  // As it stood between the compaction and the end.
  if (stored)
    await world.responses.begin("acme", {
      ...stored,
      response: { ...stored.response, status: "in_progress" },
    });

  const next = await restarted(world);
  await next.background.run(job, next.stopping.signal, next.log);
  expect(next.model.seen).toEqual([]);
  expect(await next.get(id)).toMatchObject({ status: "completed", output: [{ type: "compaction" }] });
});

test("a server that is busy when the summary is asked for does not end the response", async () => {
  const world = new BackgroundWorld(new Error("busy"), answer);
  const { id } = await world.start({ ...manage, input: talk });
  await world.runJobs();
  expect(await world.get(id)).toMatchObject({
    status: "completed",
    output: [{ type: "compaction" }, { type: "message" }],
  });
  expect(world.faults).toEqual([expect.stringContaining("could not be compacted")]);
});
