import {
  ApiError,
  type Item,
  newId,
  parseCreateRequest,
  responseIdOfItem,
  toInitialResponse,
} from "@gateway/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { type Context, loadContext } from "./context.ts";
import { RunningResponses } from "./running-responses.ts";
import { plainSealer } from "./testing/engine-world.ts";
import { MemoryConversations, MemoryResponses } from "./testing/memory-stores.ts";

const tenant = "acme";
const responseId = newId("resp");

let conversations: MemoryConversations;
let responses: MemoryResponses;
/** What the log was told. */
let faults: string[];
beforeEach(() => {
  faults = [];
  conversations = new MemoryConversations();
  responses = new MemoryResponses(conversations);
});

/** The context of a request with these fields. */
async function load(fields: Record<string, unknown>, by = tenant): Promise<Context> {
  const { request } = parseCreateRequest({ model: "m", ...fields }, false);
  return await loadContext(
    request,
    responseId,
    { tenant: by, onFault: (message) => void faults.push(message) },
    {
      responses,
      conversations,
      running: new RunningResponses(),
      sealer: plainSealer,
    },
  );
}

async function errorOf(fields: Record<string, unknown>, by = tenant): Promise<ApiError> {
  const thrown = await load(fields, by).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof ApiError) return thrown;
  throw new Error("the request was accepted", { cause: thrown });
}

const message = (id: string, role: "user" | "assistant", content: string): Item => ({
  type: "message",
  id,
  role,
  content,
});

/** Stores a turn of one question and one answer. */
async function storeTurn(
  id: string,
  previous: string | null,
  question: string,
  answer: string,
): Promise<void> {
  const initial = toInitialResponse({ model: "m", input: question }, id, 0);
  await responses.finish(tenant, {
    response: {
      ...initial,
      status: "completed",
      previous_response_id: previous,
      output: [
        {
          type: "message",
          id: `msg_${id}_out`,
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: answer, annotations: [], logprobs: [] }],
        },
      ],
    },
    input: [message(`msg_${id}_in`, "user", question)],
  });
}

const ids = (items: readonly Item[]) => items.map(({ id }) => id);

describe("the input", () => {
  test("in plain text is one user message with an id of this response", async () => {
    const { items, input } = await load({ input: "hi" });
    expect(items).toEqual(input);
    expect(input).toMatchObject([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
    ]);
    expect(responseIdOfItem(input[0]?.id ?? "")).toBe(responseId);
  });

  test("keeps ids that were given and mints the others, null ones too", async () => {
    const { input } = await load({
      input: [
        { role: "user", content: "a", id: "mine" },
        { role: "user", content: "b" },
        { role: "user", content: "c", id: null },
        { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "x" },
        { type: "reasoning", summary: [] },
        { type: "web_search_call" },
      ],
    });
    expect(input[0]?.id).toBe("mine");
    const minted = ids(input.slice(1));
    expect(minted.map((id) => id.slice(0, id.indexOf("_")))).toEqual(["msg", "msg", "fc", "fco", "rs", "ws"]);
    expect(minted.every((id) => responseIdOfItem(id) === responseId)).toBe(true);
    expect(new Set(minted).size).toBe(minted.length);
  });

  test("never has the id of an output item", async () => {
    const { input } = await load({ input: "hi" });
    expect(input[0]?.id.slice(-4)).toBe("8000");
  });

  test("may be longer than there are ids in the response's own range", async () => {
    const many = Array.from({ length: 0x8000 + 2 }, () => ({ role: "user", content: "x" }));
    const { input } = await load({ input: many });
    expect(new Set(ids(input)).size).toBe(many.length);
  });

  test("may be left out when there is history", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    const { items, input } = await load({ previous_response_id: "resp_1" });
    expect(input).toEqual([]);
    expect(ids(items)).toEqual(["msg_resp_1_in", "msg_resp_1_out"]);
  });
});

describe("a previous response", () => {
  test("brings its whole chain, oldest first, before the input", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    await storeTurn("resp_2", "resp_1", "q2", "a2");
    const { items, input } = await load({ previous_response_id: "resp_2", input: "q3" });
    const history = ["msg_resp_1_in", "msg_resp_1_out", "msg_resp_2_in", "msg_resp_2_out"];
    expect(ids(items)).toEqual([...history, ...ids(input)]);
    expect(input).toHaveLength(1);
  });

  test("whose predecessor was deleted still brings the rest", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    await storeTurn("resp_2", "resp_1", "q2", "a2");
    await responses.delete(tenant, "resp_1");
    const { items } = await load({ previous_response_id: "resp_2", input: "q3" });
    expect(ids(items).slice(0, 2)).toEqual(["msg_resp_2_in", "msg_resp_2_out"]);
  });

  test.each([
    ["never was", "resp_x", tenant],
    ["belongs to another tenant", "resp_1", "other"],
    ["was deleted", "resp_gone", tenant],
  ])("that %s is a 404", async (_name, id, by) => {
    await storeTurn("resp_1", null, "q1", "a1");
    await storeTurn("resp_gone", null, "q1", "a1");
    await responses.delete(tenant, "resp_gone");
    const error = await errorOf({ previous_response_id: id, input: "hi" }, by);
    expect(error).toMatchObject({
      status: 404,
      code: "previous_response_not_found",
      param: "previous_response_id",
    });
    expect(error.message).toContain(id);
  });
});

describe("a conversation", () => {
  beforeEach(async () => {
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await conversations.create(tenant, conversation, [
      message("msg_a", "user", "a"),
      message("msg_b", "assistant", "b"),
    ]);
  });

  test("brings its items before the input", async () => {
    const { items, input } = await load({ conversation: "conv_1", input: "c" });
    expect(ids(items)).toEqual(["msg_a", "msg_b", ...ids(input)]);
    expect(input).toHaveLength(1);
  });

  test.each([
    ["never was", "conv_x", tenant],
    ["belongs to another tenant", "conv_1", "other"],
  ])("that %s is a 404", async (_name, id, by) => {
    const error = await errorOf({ conversation: id, input: "hi" }, by);
    expect(error).toMatchObject({ status: 404, param: "conversation" });
    expect(error.message).toContain(id);
  });
});

test("an item under an id of the history is shown, too, under an id of its own", async () => {
  await storeTurn("resp_1", null, "q1", "a1");
  const { items, input } = await load({
    previous_response_id: "resp_1",
    input: [{ type: "message", id: "msg_resp_1_in", role: "user", content: "q2" }],
  });
  expect(input).toMatchObject([{ content: [{ text: "q2" }] }]);
  expect(new Set(ids(items)).size).toBe(3);
});

describe("an item reference", () => {
  test("becomes the item, in its place, and is stored as such", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    const { items, input } = await load({
      input: [
        { role: "user", content: "x" },
        { type: "item_reference", id: "msg_resp_1_in" },
        { id: "msg_resp_1_out" },
      ],
    });
    expect(items).toEqual(input);
    expect(input.slice(1)).toMatchObject([
      { type: "message", id: "msg_resp_1_in", role: "user" },
      { type: "message", id: "msg_resp_1_out", role: "assistant" },
    ]);
  });

  test("to an item of the history adds nothing", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    const { items, input } = await load({
      previous_response_id: "resp_1",
      input: [{ id: "msg_resp_1_out" }, { role: "user", content: "q2" }],
    });
    expect(ids(input)).toHaveLength(1);
    expect(ids(items)).toEqual(["msg_resp_1_in", "msg_resp_1_out", ...ids(input)]);
  });

  test("that adds nothing still counts when a fault behind it is named", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
    const error = await errorOf({
      previous_response_id: "resp_1",
      input: [{ id: "msg_resp_1_out" }, call, call],
    });
    expect(error).toMatchObject({ status: 422, param: "input[2].call_id" });
  });

  test.each([
    ["to nothing", "msg_x", tenant],
    ["to another tenant's item", "msg_resp_1_in", "other"],
  ])("%s is a 404 at its place", async (_name, id, by) => {
    await storeTurn("resp_1", null, "q1", "a1");
    const error = await errorOf({ input: [{ role: "user", content: "x" }, { id }] }, by);
    expect(error).toMatchObject({ status: 404, param: "input[1].id" });
    expect(error.message).toContain(id);
  });
});

test("calls without outputs are a 422 before the model is asked", async () => {
  const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
  expect(await errorOf({ input: [call] })).toMatchObject({ status: 422, param: "input" });
});
