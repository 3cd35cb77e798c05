import { ApiError, internal, notFound } from "@gateway/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readEvents } from "./background/read-events.ts";
import { openEvents } from "./follow-events.ts";
import { drain, EngineWorld, say, tokens } from "./testing/engine-world.ts";

const tools = [
  { type: "function", name: "a" },
  { type: "function", name: "b" },
];
const hello = [[say.text("Hello"), say.stop]];

/** What the first `next()` throws. */
async function thrownBy(world: EngineWorld, fields: Record<string, unknown> = {}): Promise<unknown> {
  return await world
    .respond({ stream: true, ...fields })
    .next()
    .then(
      () => {
        throw new Error("the response began");
      },
      (error: unknown) => error,
    );
}

describe("what goes wrong before the response begins is thrown", () => {
  test("as the backend said it", async () => {
    const busy = new ApiError("Slow down.", { status: 429, type: "rate_limit_error", retryAfter: 3 });
    const world = new EngineWorld(busy);
    expect(await thrownBy(world)).toBe(busy);
    expect(world.responses.written).toEqual([]);
  });

  test("when the model does not exist (S4-42)", async () => {
    const error = await thrownBy(new EngineWorld(), { model: "other" });
    expect(error).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
    expect(String(error)).toContain("other");
  });

  test("when the history does not exist, without asking the model", async () => {
    const world = new EngineWorld(hello);
    expect(await thrownBy(world, { previous_response_id: "resp_x" })).toMatchObject({ status: 404 });
    expect(await thrownBy(world, { conversation: "conv_x" })).toMatchObject({ status: 404 });
    expect(await thrownBy(world, { input: [{ id: "msg_x" }] })).toMatchObject({ status: 404 });
    expect(world.model.seen).toEqual([]);
  });

  test("when calls do not pair up, without asking the model", async () => {
    const world = new EngineWorld(hello);
    const input = [{ type: "function_call_output", call_id: "c", output: "x" }];
    expect(await thrownBy(world, { input })).toMatchObject({ status: 422 });
    expect(world.model.seen).toEqual([]);
  });

  test("as an ApiError also where a store or backend throws something else", async () => {
    const world = new EngineWorld();
    world.responses.faults.chain = new Error("disk I/O error at /srv/data");
    const storeError = await thrownBy(world, { previous_response_id: "resp_x" });
    expect(storeError).toBeInstanceOf(ApiError);
    expect(storeError).toMatchObject({ status: 500, cause: world.responses.faults.chain });
    const cause = new TypeError("x is not a function");
    expect(await thrownBy(new EngineWorld(cause))).toMatchObject({ status: 500, cause });
  });
});

describe("what goes wrong after the response began is response.failed", () => {
  test("with the backend's own error, and every item closed", async () => {
    const fault = internal("The model server broke off.", { code: "upstream_cut" });
    const script = [[say.reasoning("Hm."), say.text("Hal"), say.call(0, "a"), say.args(0, '{"x')], fault];
    const world = new EngineWorld(script);
    const response = await world.run({ tools, stream: true });
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "upstream_cut", message: "The model server broke off." },
      completed_at: null,
    });
    expect(response.output.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "reasoning completed",
      "message completed",
      "function_call incomplete",
    ]);
    expect(world.stored()).toEqual(response);
    expect(world.faults).toEqual(["The model server broke off."]);
  });

  test("without a word about the inside where the fault is not an ApiError", async () => {
    const world = new EngineWorld([[say.text("Hal")], new TypeError("cannot read x of undefined")]);
    const response = await world.run();
    expect(response).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect(JSON.stringify(response)).not.toContain("undefined");
  });

  test("when the model's stream ends without having finished", async () => {
    const world = new EngineWorld([[say.text("Hal")]]);
    expect(await world.run()).toMatchObject({ status: "failed", error: { code: "upstream_cut" } });
    expect(await new EngineWorld([]).run()).toMatchObject({ status: "failed", output: [] });
  });

  test("when the model's deltas make no sense, and the model's stream is then closed", async () => {
    const world = new EngineWorld([[say.call(0, "a"), say.call(0, "a")], "hang"]);
    expect(await world.run({ tools })).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect(world.model.seen[0]?.state).toBe("returned");
  });

  test.each([
    ["text", [], (text: string) => say.text(text), {}],
    ["thoughts", [], (text: string) => say.reasoning(text), {}],
    ["arguments", [say.call(0, "a")], (text: string) => say.args(0, text), { tools }],
    ["text that is held back", [], (text: string) => say.text(text), { tools, tool_choice: "required" }],
  ])(
    "when the model does not stop writing %s, and its call is then ended",
    async (_, begin, write, fields) => {
      const mebi = "x".repeat(1024 * 1024);
      const world = new EngineWorld([begin, ...Array.from({ length: 17 }, () => [write(mebi)]), "hang"]);
      const response = await world.run(fields);
      expect(response).toMatchObject({ status: "failed", error: { code: "upstream_too_long" } });
      expect(world.model.seen.map(({ state }) => state)).toEqual(["returned"]);
      expect(world.stored().status).toBe("failed");
    },
  );

  test("with the tokens counted so far", async () => {
    const world = new EngineWorld([[say.text("a"), say.usage(3, 4)], new Error("cut")]);
    expect(await world.run()).toMatchObject({ usage: tokens(3, 4) });
  });
});

describe("a call that tool_choice requires and the model does not make", () => {
  const named = { tools, tool_choice: { type: "function", name: "b" } };
  const refusing = [[say.text("I would rather talk."), say.stop, say.usage(10, 20)]];
  const obeying = [[say.call(0, "b"), say.args(0, "{}"), say.toolCalls, say.usage(12, 5)]];

  test("is asked for once more, with a reminder, and the first answer is not shown", async () => {
    const world = new EngineWorld(refusing, obeying);
    const response = await world.run({ ...named, instructions: "Be brief." });
    expect(response).toMatchObject({ status: "completed", instructions: "Be brief." });
    expect(response.output.map(({ type }) => type)).toEqual(["function_call"]);
    const [first, second] = world.model.seen.map(({ turn }) => turn);
    expect(first?.instructions).toBe("Be brief.");
    expect(second?.instructions).toMatch(/^Be brief\.\n\n.*"b"/s);
    expect(second).toEqual({ ...first, instructions: second?.instructions });
  });

  test("is asked for by the reminder alone where there are no instructions", async () => {
    const world = new EngineWorld(refusing, obeying);
    await world.run({ tools, tool_choice: "required" });
    expect(world.model.seen[1]?.turn.instructions).toMatch(/^You must .*"a", "b"/);
  });

  test("costs the tokens of both turns", async () => {
    const { usage } = await new EngineWorld(refusing, obeying).run(named);
    expect(usage).toEqual({
      input_tokens: 22,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
      output_tokens: 25,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 47,
    });
  });

  test("leaves the second turn what the first has left of the budget", async () => {
    const world = new EngineWorld(refusing, obeying);
    await world.run({ ...named, max_output_tokens: 50 });
    expect(world.model.seen.map(({ turn }) => turn.maxOutputTokens)).toEqual([50, 30]);
  });

  test("is not asked for again when the budget is used up", async () => {
    const world = new EngineWorld(refusing);
    const response = await world.run({ ...named, max_output_tokens: 20 });
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: tokens(10, 20),
    });
  });

  test("fails by name when it does not come the second time either", async () => {
    const world = new EngineWorld(refusing, refusing);
    const response = await world.run(named);
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "tool_choice_not_honored" },
      output: [],
    });
    expect(response.error?.message).toContain("tool_choice");
    expect(world.model.seen).toHaveLength(2);
    expect(response.usage?.output_tokens).toBe(40);
  });

  test("fails with the backend's error when it cannot be asked again", async () => {
    const fault = notFound("Model 'served-m' is gone.", { code: "model_not_found" });
    expect(await new EngineWorld(refusing, fault).run(named)).toMatchObject({
      status: "failed",
      error: { code: "model_not_found", message: "Model 'served-m' is gone." },
    });
  });

  test("keeps the thoughts of the first turn", async () => {
    const thinking = [[say.reasoning("Should I?"), say.text("No."), say.stop]];
    const response = await new EngineWorld(thinking, obeying).run(named);
    expect(response.output).toMatchObject([
      { type: "reasoning", content: [{ text: "Should I?" }] },
      { name: "b" },
    ]);
  });

  test("is no fault when the model was cut short: what it said is shown", async () => {
    const world = new EngineWorld([[say.text("I was about"), say.length]]);
    expect(await world.run(named)).toMatchObject({
      status: "incomplete",
      output: [{ content: [{ text: "I was about" }], status: "incomplete" }],
    });
    expect(world.model.seen).toHaveLength(1);
  });

  test("is no fault when the model refuses", async () => {
    const world = new EngineWorld([[say.text("Sorry. "), say.refusal("I cannot."), say.stop]]);
    expect(await world.run(named)).toMatchObject({
      status: "completed",
      output: [{ content: [{ text: "Sorry. " }, { type: "refusal", refusal: "I cannot." }] }],
    });
  });
});

describe("calls that the policy does not allow", () => {
  const twoCalls = [
    [say.call(0, "a"), say.args(0, "{}"), say.call(1, "b"), say.args(1, "{}"), say.toolCalls],
  ];

  test("are cut down to one where parallel calls are off, with a word in the log", async () => {
    const world = new EngineWorld(twoCalls);
    const response = await world.run({ tools, parallel_tool_calls: false });
    expect(response.output).toMatchObject([{ type: "function_call", name: "a", arguments: "{}" }]);
    expect(world.faults).toEqual(["calls outside the tool policy were dropped: b"]);
  });

  test("are both kept where they are on", async () => {
    const world = new EngineWorld(twoCalls);
    expect((await world.run({ tools })).output).toMatchObject([{ name: "a" }, { name: "b" }]);
    expect(world.faults).toEqual([]);
  });

  test("are left out, and the text stays", async () => {
    const script = [[say.text("Hm."), say.call(0, "x"), say.args(0, "{}"), say.toolCalls]];
    const world = new EngineWorld(script);
    expect((await world.run({ tools, tool_choice: "none" })).output).toMatchObject([{ type: "message" }]);
    expect(world.faults).toEqual(["calls outside the tool policy were dropped: x"]);
  });
});

/** Under fake timers: nothing is tried to be stored for some minutes. */
async function expectNoMoreTries({ responses }: EngineWorld): Promise<void> {
  const finish = vi.spyOn(responses, "finish");
  await vi.advanceTimersByTimeAsync(300_000);
  expect(finish).not.toHaveBeenCalled();
}

describe("a response whose end cannot be stored at first", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is failed in the store, too, soon after the store can be written, with the event its client was sent", async () => {
    vi.useFakeTimers();
    const world = new EngineWorld(hello);
    world.responses.faults.finish = new Error("disk full");
    const sent = await drain(world.respond({ stream: true }));
    expect(sent.at(-1)).toMatchObject({ type: "response.failed" });
    await vi.advanceTimersByTimeAsync(3_000);
    const { id, status } = world.stored();
    expect(status).toBe("in_progress");
    // Whoever reads its events waits for the end meanwhile.
    const followed: string[] = [];
    const reader = (async () => {
      const { signal } = new AbortController();
      for await (const batch of await openEvents(world.tenant, id, -1, world.deps(), signal))
        followed.push(...batch);
    })();

    delete world.responses.faults.finish;
    await vi.advanceTimersByTimeAsync(30_000);
    await reader;
    expect(world.stored()).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect(await readEvents(world.responses, world.tenant, id)).toEqual(sent);
    expect(followed.map((json) => JSON.parse(json) as unknown)).toEqual(sent);
    expect(world.running.changed(world.tenant, id)).toBeUndefined();
    await expectNoMoreTries(world);
  });

  test("is cancelled in the store where its client has left", async () => {
    vi.useFakeTimers();
    const world = new EngineWorld([[say.text("Hal")], "hang"]);
    const stream = world.respond({ stream: true });
    await stream.next();
    world.responses.faults.finish = new Error("disk full");
    await stream.return();
    delete world.responses.faults.finish;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.stored()).toMatchObject({ status: "cancelled" });
  });

  test("and that the store has nothing of is let go", async () => {
    vi.useFakeTimers();
    const world = new EngineWorld(hello);
    world.responses.faults.finish = new Error("disk full");
    await drain(world.respond());
    await expectNoMoreTries(world);
    expect(world.responses.all()).toEqual([]);
  });
});
