import { type ApiError, type Item, parseCreateRequest, toInitialResponse } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { loadContext } from "../context.ts";
import { EngineWorld, plainSealer } from "../testing/engine-world.ts";
import { type CompactionContent, sealCompaction } from "./compaction-content.ts";

const user = (text: string): Item => ({ type: "message", id: `msg_${text}`, role: "user", content: text });
const call: Item = { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "42" };

function sealed(fields: Partial<CompactionContent> = {}, tenant = "acme") {
  const content = {
    model: "m",
    summary: "notes",
    kept: [user("kept")],
    replaces: true,
    tokens: 7,
    ...fields,
  };
  return {
    type: "compaction",
    id: "cmp_1",
    encrypted_content: sealCompaction(content, tenant, plainSealer),
  } as const;
}

/** The context of a request with these fields. */
function load(world: EngineWorld, fields: Record<string, unknown>) {
  const { request } = parseCreateRequest({ model: "m", ...fields }, false);
  const scope = { tenant: "acme", onFault: (message: string) => void world.faults.push(message) };
  return loadContext(request, "resp_1", scope, world.deps());
}

async function errorOf(fields: Record<string, unknown>): Promise<ApiError> {
  return load(new EngineWorld(), fields).then(
    () => {
      throw new Error("the request was accepted");
    },
    (error: ApiError) => error,
  );
}

const idsOf = (items: readonly Item[]) => items.map(({ id }) => id);

/** A world with a stored response of this output. */
async function after(outputItems: readonly object[]): Promise<EngineWorld> {
  const world = new EngineWorld();
  const response = { ...toInitialResponse({ model: "m" }, "resp_0", 0), status: "completed" as const };
  await world.responses.finish("acme", {
    response: { ...response, output: outputItems as never },
    input: [user("old")],
  });
  return world;
}

describe("a compaction in the input", () => {
  test("is shown as what it stands for, and stored as it was sent", async () => {
    const { items, input, stored, summaries } = await load(new EngineWorld(), {
      input: [user("a"), sealed(), user("b")],
    });
    expect(idsOf(items)).toEqual(["cmp_1", "msg_kept", "msg_b"]);
    expect(input.map(({ type }) => type)).toEqual(["message", "compaction", "message"]);
    expect(idsOf(stored)).toEqual(["cmp_1", "msg_b"]);
    expect(summaries).toEqual(new Map([["cmp_1", "notes"]]));
  });

  test("may keep the call that an output behind it answers", async () => {
    const { items } = await load(new EngineWorld(), { input: [sealed({ kept: [call] }), output] });
    expect(items.map(({ type }) => type)).toEqual(["message", "function_call", "function_call_output"]);
  });

  test("that keeps a call nobody answers is a 422 like any other", async () => {
    expect(await errorOf({ input: [sealed({ kept: [call] }), user("b")] })).toMatchObject({ status: 422 });
  });

  test.each([
    ["of another tenant", sealed({}, "other")],
    ["that was changed", { ...sealed(), encrypted_content: "x" }],
    [
      "of another version",
      { ...sealed(), encrypted_content: plainSealer.seal('{"version":9}', '["compaction","acme"]') },
    ],
  ])("%s is a 422 that names it", async (_name, item) => {
    expect(await errorOf({ input: [user("a"), item, user("b")] })).toMatchObject({
      status: 422,
      param: "input[1].encrypted_content",
      code: "invalid_encrypted_content",
    });
  });

  test("is looked at also where a later one covers it", async () => {
    const broken = { type: "compaction", encrypted_content: "x" };
    expect(await errorOf({ input: [broken, sealed()] })).toMatchObject({
      param: "input[0].encrypted_content",
    });
  });
});

describe("a compaction in the history", () => {
  test("drops what is before it, and is passed on as it is", async () => {
    const world = await after([sealed()]);
    const { items, stored } = await load(world, { previous_response_id: "resp_0", input: [user("b")] });
    expect(idsOf(items)).toEqual(["cmp_1", "msg_kept", "msg_b"]);
    expect(idsOf(stored)).toEqual(["cmp_1", "msg_b"]);
  });

  test("that cannot be opened is passed over, and the log is told", async () => {
    const world = await after([{ ...sealed(), encrypted_content: "x" }]);
    const { items } = await load(world, { previous_response_id: "resp_0", input: [user("b")] });
    expect(idsOf(items)).toEqual(["msg_old", "msg_b"]);
    expect(world.faults).toEqual([expect.stringContaining("cmp_1")]);
  });

  test.each([
    ["as it is", sealed()],
    ["by its id", { type: "item_reference", id: "cmp_1" }],
  ])("that is sent again %s adds nothing, and leaves what is behind it", async (_name, again) => {
    const world = await after([sealed(), user("later")]);
    const { items, input } = await load(world, { previous_response_id: "resp_0", input: [again, user("b")] });
    expect(idsOf(items)).toEqual(["cmp_1", "msg_kept", "msg_later", "msg_b"]);
    expect(idsOf(input)).toEqual(["msg_b"]);
  });

  test("under whose id something else is sent is not that", async () => {
    const world = await after([sealed(), user("later")]);
    const other = sealed({ summary: "other", kept: [] });
    const { items, summaries } = await load(world, { previous_response_id: "resp_0", input: [other] });
    expect([...summaries.values()]).toEqual(["other"]);
    expect(items).toHaveLength(1);
  });
});

describe("a reference to an item of the history", () => {
  const reference = (id: string) => ({ type: "item_reference", id });

  test("that a compaction covers brings a copy of it", async () => {
    const world = await after([sealed()]);
    const { items, input, stored, places } = await load(world, {
      previous_response_id: "resp_0",
      input: [user("a"), reference("msg_old"), user("b")],
    });
    const copy = input[1]?.id ?? "";
    expect(idsOf(items)).toEqual(["cmp_1", "msg_kept", "msg_a", copy, "msg_b"]);
    expect(idsOf(stored)).toEqual(["cmp_1", "msg_a", copy, "msg_b"]);
    expect(input[1]).toEqual({ ...user("old"), id: expect.stringMatching(/^msg_(?!old)/) });
    expect([...places.values()]).toEqual([0, 1, 2]);
  });

  test("that only a compaction of the input covers does so, too", async () => {
    const world = await after([user("later")]);
    const { items } = await load(world, {
      previous_response_id: "resp_0",
      input: [sealed({ kept: [user("later")] }), reference("msg_old"), reference("msg_later")],
    });
    expect(idsOf(items)).toEqual(["cmp_1", "msg_later", expect.stringMatching(/^msg_(?!old)/)]);
    expect(items[2]).toMatchObject({ content: "old" });
  });

  test("that a compaction keeps, or that is behind it, adds nothing", async () => {
    const world = await after([user("kept"), sealed(), user("later")]);
    const { items, input } = await load(world, {
      previous_response_id: "resp_0",
      input: [reference("msg_kept"), reference("msg_later"), user("b")],
    });
    expect(idsOf(items)).toEqual(["cmp_1", "msg_kept", "msg_later", "msg_b"]);
    expect(idsOf(input)).toEqual(["msg_b"]);
  });

  test("to the developer's words that a compaction keeps leaves them in front", async () => {
    const developer: Item = { type: "message", id: "msg_dev", role: "developer", content: "Be brief." };
    const world = await after([developer, sealed({ kept: [developer, user("kept")] })]);
    const { items } = await load(world, {
      previous_response_id: "resp_0",
      input: [reference("msg_dev"), user("b")],
    });
    expect(idsOf(items)).toEqual(["msg_dev", "cmp_1", "msg_kept", "msg_b"]);
  });

  test("that brings a call without its output is a 422", async () => {
    const world = await after([call, { ...output, id: "fco_1" }, sealed()]);
    const send = (...ids: string[]) =>
      load(world, { previous_response_id: "resp_0", input: ids.map(reference) });
    await expect(send("fc_1")).rejects.toMatchObject({ status: 422 });
    expect((await send("fc_1", "fco_1")).items.slice(-2)).toMatchObject([
      { type: "function_call", call_id: "c1" },
      { type: "function_call_output", call_id: "c1" },
    ]);
  });
});

test("calls may wait where a compaction is all that is asked for, and nowhere else", async () => {
  const trigger = { type: "compaction_trigger" };
  const { items, input } = await load(new EngineWorld(), { input: [user("a"), call, trigger] });
  expect(idsOf(items)).toEqual(["msg_a", "fc_1"]);
  expect(idsOf(input)).toEqual(["msg_a", "fc_1"]);
  expect(await errorOf({ input: [user("a"), call] })).toMatchObject({ status: 422 });
});
