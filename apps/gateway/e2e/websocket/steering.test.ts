import { newId } from "@gateway/protocol";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  finishChunk,
  gate,
  reasoningChunk,
  roleChunk,
  type Script,
  text,
  toolCallChunk,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { type Message, openSocket, type SocketClient } from "./open-socket.ts";

const tools = [{ type: "function", name: "search", parameters: { type: "object" } }];
const more = [contentChunk(" more"), finishChunk("stop"), done()];
const seen = (type: string) => (message: Message) => message.type === type;

describe.for(oneDoor)("steering through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors({
      websocket: { max_steers: 2 },
      timeout: { connect: "2s", first_byte: "10s", idle: "10s" },
    });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** What the backend was shown last by one of its models. */
  const contents = (model: string) =>
    (doors.backend.requests.filter(({ body }) => body.model === model).at(-1)?.body.messages ?? []).map(
      ({ content }) => content,
    );

  /**
   * Begins a response that waits at a gate after its first word and goes on with `rest`; what follows it gets the
   * `later` answers. Each call has a model of its own.
   */
  async function begin(client: SocketClient, fields: object, rest: Script, ...later: Script[]) {
    const model = newId("item");
    const pause = gate();
    doors.backend.byModel(model, [roleChunk(), contentChunk("Once"), pause, rest], ...later);
    const before = client.messages.filter(seen("response.created")).length;
    client.create({ ...fields, model });
    const { response } = await client.nth(before + 1, seen("response.created"));
    await client.nth(before + 1, ({ delta }) => delta === "Once");
    const steer = (input: unknown, more: object = {}) =>
      client.send({ type: "response.steer", previous_response_id: response.id, input, ...more });
    return { id: response.id as string, model, pause, steer };
  }

  test.for([true, false])("cuts the response and goes on with what was said (store: %s)", async (store) => {
    await using client = await openSocket(doors.url(door));
    const fields = { stream_id: "a", input: "Tell", instructions: "Be kind", store, metadata: { k: "v" } };
    const { id, model, pause, steer } = await begin(client, fields, more, text("Roses"));
    steer("Shorter");
    const accepted = await client.first("response.steer.accepted");
    expect(accepted).toEqual({
      type: "response.steer.accepted",
      sequence_number: 0,
      steer: { id: expect.stringMatching(/^steer_/), previous_response_id: id },
      stream_id: "a",
    });
    steer([{ role: "user", content: [{ type: "input_text", text: "And in verse" }] }]);
    await client.nth(2, seen("response.steer.accepted"));
    pause.open();
    const cut = await client.first("response.incomplete");
    expect(cut.response).toMatchObject({
      id,
      status: "incomplete",
      incomplete_details: { reason: "steered" },
    });
    const completed = await client.first("response.completed");
    expect(completed).toMatchObject({
      stream_id: "a",
      response: {
        previous_response_id: id,
        instructions: "Be kind",
        metadata: { k: "v" },
        store,
        output: [{ content: [{ text: "Roses" }] }],
      },
    });
    const words = contents(model).filter((content) => content !== "Be kind");
    expect([words[0], ...words.slice(-2)]).toEqual(["Tell", "Shorter", "And in verse"]);
    expect(String(words[1])).toMatch(/^Once/);
    // The numbers of steering are its own: those of the responses have no gaps.
    expect(client.messages.filter(seen("response.steer.accepted")).map((m) => m.sequence_number)).toEqual([
      0, 1,
    ]);
    const numbers = client.messages
      .filter(({ type }) => !type.includes("steer"))
      .map((m) => m.sequence_number);
    expect(numbers).toEqual(
      [...numbers.keys()].map((n) => (n <= cut.sequence_number ? n : n - cut.sequence_number - 1)),
    );
  });

  test("cuts thinking, too, and successors can be steered again", async () => {
    await using client = await openSocket(doors.url(door));
    const second = gate();
    const first = await begin(
      client,
      {},
      [reasoningChunk("hm"), finishChunk("stop"), done()],
      [roleChunk(), contentChunk("Twice"), second, contentChunk("x"), finishChunk("stop"), done()],
      text("e"),
    );
    first.steer("a");
    await client.first("response.steer.accepted");
    first.pause.open();
    const { response } = await client.nth(2, seen("response.created"));
    await client.nth(1, ({ delta }) => delta === "Twice");
    client.send({ type: "response.steer", previous_response_id: response.id, input: "d" });
    await client.nth(2, seen("response.steer.accepted"));
    second.open();
    const last = await client.first("response.completed");
    expect(last.response.previous_response_id).toBe(response.id);
    const said = contents(first.model).filter((content) => ["a", "d"].includes(String(content)));
    expect(said).toEqual(["a", "d"]);
  });

  test("waits where the caller owes the output of a call, and comes with it", async () => {
    await using client = await openSocket(doors.url(door));
    const [pause, call] = [gate(), { index: 0, id: "call_1", name: "search", arguments: "{" }];
    const model = newId("item");
    const rest = [toolCallChunk({ index: 0, arguments: "}" }), finishChunk("tool_calls"), done()];
    doors.backend.byModel(model, [roleChunk(), toolCallChunk(call), pause, rest], text("ok"));
    client.create({ stream_id: "a", tools, model, input: "Find it" });
    await client.first("response.output_item.added");
    const { response } = client.messages[0];
    const steer = (input: string) =>
      client.send({ type: "response.steer", previous_response_id: response.id, input });
    steer("In verse");
    // In the words of the question: it is none of the history's all the same.
    steer("Find it");
    await client.nth(2, seen("response.steer.accepted"));
    // A call that has begun is let end.
    pause.open();
    const pending = [1, 2].map((n) => client.nth(n, seen("response.steer.pending")));
    const accepted = client.messages.filter(seen("response.steer.accepted"));
    expect(await Promise.all(pending)).toEqual(
      accepted.map(({ steer: named }, n) => ({
        type: "response.steer.pending",
        sequence_number: 2 + n,
        steer: named,
        reason: "waiting_for_required_input",
        required_input: [{ type: "function_call_output", call_id: "call_1", name: "search" }],
        stream_id: "a",
      })),
    );
    const types = client.messages.map(({ type }) => type);
    expect(types.indexOf("response.steer.pending")).toBe(types.indexOf("response.completed") + 1);
    steer("too late");
    expect(await client.first("response.steer.failed")).toMatchObject({
      error: { code: "response_already_completed" },
      steer: { previous_response_id: response.id, input: "too late" },
      stream_id: "a",
    });

    const output = { type: "function_call_output", call_id: "call_1", output: "found" };
    const answer = { previous_response_id: response.id, input: [output], model };
    // Another lane goes on without what was said in this one.
    await client.turn({ ...answer, stream_id: "b" });
    expect(contents(model)).toEqual(["Find it", null, "found"]);
    const goesOn = await client.turn({ ...answer, stream_id: "a" });
    expect(goesOn.at(-1).type).toBe("response.completed");
    expect(contents(model)).toEqual(["Find it", null, "found", "In verse", "Find it"]);
    // Once.
    await client.turn({ ...answer, stream_id: "b" });
    expect(contents(model)).toEqual(["Find it", null, "found"]);
  });

  test.for([true, false])(
    "waits on where the request that brings an output is refused and can be mended (store: %s)",
    async (store) => {
      await using client = await openSocket(doors.url(door));
      const [pause, call] = [gate(), { index: 0, id: "call_1", name: "search", arguments: "{" }];
      const model = newId("item");
      const rest = [toolCallChunk({ index: 0, arguments: "}" }), finishChunk("tool_calls"), done()];
      doors.backend.byModel(model, [roleChunk(), toolCallChunk(call), pause, rest], text("ok"));
      client.create({ tools, model, input: "Find it", store });
      await client.first("response.output_item.added");
      const { response } = client.messages[0];
      client.send({ type: "response.steer", previous_response_id: response.id, input: "In verse" });
      await client.first("response.steer.accepted");
      pause.open();
      await client.first("response.steer.pending");
      const output = { type: "function_call_output", call_id: "call_1", output: "found" };
      const answer = { previous_response_id: response.id, input: [output], model, store };
      const refused = await client.turn({ ...answer, temperature: 9 });
      expect(refused.at(-1)).toMatchObject({ type: "error", status: 422 });
      const failed = client.messages.filter(seen("response.steer.failed"));
      if (!store) {
        // The connection has forgotten what it was to follow.
        expect(failed).toMatchObject([{ error: { code: "successor_creation_failed" } }]);
        return;
      }
      expect(failed).toEqual([]);
      expect((await client.turn(answer)).at(-1).type).toBe("response.completed");
      expect(contents(model)).toEqual(["Find it", null, "found", "In verse"]);
    },
  );

  test("is given back where it cannot be taken", async () => {
    await using client = await openSocket(doors.url(door));
    const { id, pause, steer } = await begin(client, { stream_id: "a" }, more, text("ok"));
    const failed = async (n: number) => client.nth(n, seen("response.steer.failed"));
    const invalid: [unknown, object?][] = [
      [""],
      [[]],
      [5],
      [[{ role: "system", content: "x" }]],
      [[{ type: "function_call_output", call_id: "c", output: "x" }]],
      [[{ role: "user", content: [{ type: "output_text", text: "x" }] }]],
      [[{ role: "user", content: "x", phase: "commentary" }]],
      ["x", { stream_id: "a" }],
    ];
    for (const [n, [input, more]] of invalid.entries()) {
      steer(input, more);
      expect(await failed(n + 1)).toEqual({
        type: "response.steer.failed",
        sequence_number: n,
        error: { type: "invalid_request_error", code: "invalid_input", message: expect.stringMatching(/./) },
        steer: { previous_response_id: id, input },
        stream_id: "a",
      });
    }
    let n = invalid.length;
    client.send({ type: "response.steer", previous_response_id: "resp_other", input: "x" });
    const unknown = await failed(++n);
    expect(unknown).toMatchObject({ error: { code: "response_not_found" } });
    expect("stream_id" in unknown).toBe(false);
    steer("one");
    steer("two");
    steer("three");
    expect(await failed(++n)).toMatchObject({
      error: { code: "too_many_pending_steers" },
      steer: { input: "three" },
    });
    client.send({ type: "response.steer", input: "x" });
    expect(await client.first("error")).toMatchObject({
      status: 422,
      error: { param: "previous_response_id", code: "missing_required_parameter" },
    });
    pause.open();
    await client.first("response.completed");
  });

  test("is given back where the successor cannot be made, and the lane goes on", async () => {
    await using client = await openSocket(doors.url(door));
    const limited = errorAnswer(429, { message: "Slow down.", code: "rate_limit_exceeded" });
    const { id, model, pause, steer } = await begin(client, { store: false }, more, limited, text("ok"));
    steer("Shorter");
    const { steer: accepted } = await client.first("response.steer.accepted");
    pause.open();
    const failed = await client.first("response.steer.failed");
    expect(failed).toMatchObject({
      error: { code: "successor_creation_failed", message: expect.stringContaining("Slow down.") },
      steer: { ...accepted, input: "Shorter" },
    });
    expect(client.messages.some(seen("error"))).toBe(false);
    const again = await client.turn({ model, previous_response_id: id, input: "Shorter", store: false });
    expect(again.at(-1).type).toBe("response.completed");
  });

  test("is given back where the response fails", async () => {
    await using client = await openSocket(doors.url(door));
    const { id, pause, steer } = await begin(client, {}, cut());
    pause.open();
    await client.first("response.failed");
    steer("x");
    expect(await client.first("response.steer.failed")).toMatchObject({
      error: { code: "response_not_active" },
      steer: { previous_response_id: id, input: "x" },
    });
  });

  test("is not for responses of a conversation", async () => {
    await using client = await openSocket(doors.url(door));
    const made = await fetch(`${doors.url(door)}/v1/conversations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { id: conversation } = (await made.json()) as { id: string };
    const { pause, steer } = await begin(client, { conversation }, more);
    steer("x");
    expect(await client.first("response.steer.failed")).toMatchObject({
      error: { code: "steering_not_supported", message: expect.stringContaining("conversation") },
      steer: { input: "x" },
    });
    pause.open();
    await client.first("response.completed");
  });

  test("is not for responses with automatic compaction", async () => {
    await using client = await openSocket(doors.url(door));
    const managed = { context_management: [{ type: "compaction", compact_threshold: 100_000 }] };
    const { pause, steer } = await begin(client, managed, more);
    steer("x");
    expect(await client.first("response.steer.failed")).toMatchObject({
      error: { code: "steering_not_supported", message: expect.stringContaining("compaction") },
      steer: { input: "x" },
    });
    pause.open();
    await client.first("response.completed");
  });
});
