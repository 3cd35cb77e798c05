import { ApiError, internal } from "@gateway/protocol";
import { expect, test } from "vitest";
import type { BegunCompaction } from "./compaction/compactor.ts";
import { callFirst } from "./first-call.ts";
import type { ModelTurn, ServerLimits } from "./model-backend.ts";
import type { Prepared } from "./prepare.ts";
import { say } from "./testing/engine-world.ts";
import { ScriptedModel } from "./testing/scripted-model.ts";
import { turnOf } from "./testing/turn-of.ts";

const turn = turnOf([]);

/** Makes the first call, whose context is to be compacted by `begin` where that is given. Gives what it told of limits. */
async function call(begin?: (onLimits: ModelTurn["onLimits"]) => Promise<BegunCompaction>) {
  const backend = new ScriptedModel([[say.stop]]);
  const compactor = {
    due: async () => (begin === undefined ? undefined : {}),
    begin: (_: unknown, onLimits: ModelTurn["onLimits"]) => begin?.(onLimits),
    giveUp: () => {},
  } as unknown as Prepared["compactor"];
  const told: ServerLimits[] = [];
  const scope = { abort: new AbortController(), onLimits: (limits: ServerLimits) => void told.push(limits) };
  const first = await callFirst({ compactor, backend, turn, entries: [] }, scope);
  return { first, backend, told };
}

test("the turn that is asked first tells of limits", async () => {
  const { backend, told } = await call();
  backend.seen[0]?.turn.onLimits?.({ "x-ratelimit-limit-requests": "60" });
  expect(told).toEqual([{ "x-ratelimit-limit-requests": "60" }]);
  // The turns that follow it are made of this one.
  expect(turn.onLimits).toBeUndefined();
});

test("so does a summary that is asked for before it, in its place", async () => {
  const begun = {} as BegunCompaction;
  const { first, backend, told } = await call(async (onLimits) => {
    onLimits?.({ "x-ratelimit-limit-tokens": "1" });
    return begun;
  });
  expect([first.compaction, backend.seen, told]).toEqual([begun, [], [{ "x-ratelimit-limit-tokens": "1" }]]);
});

test("a summary that is not to be had is done without, unless it met a limit", async () => {
  const { first, backend } = await call(() => Promise.reject(internal("no")));
  expect([first.compaction, backend.seen.length]).toEqual([undefined, 1]);
  const limited = new ApiError("slow", { status: 429, type: "tokens" });
  await expect(call(() => Promise.reject(limited))).rejects.toBe(limited);
});
