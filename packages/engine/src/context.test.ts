import {
  ApiError,
  type Item,
  newId,
  type OutputItem,
  parseCreateRequest,
  responseIdOfItem,
  toInitialResponse,
  toVisibleItem,
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

const webResults = [{ url: "https://a.example/", title: "A", text: "Cats sleep.", published_at: null }];
const kept: Item[] = [
  {
    type: "web_search_call",
    id: "ws_kept",
    status: "completed",
    action: { type: "search", query: "cats", queries: ["cats"], sources: [{ url: "https://a.example/" }] },
    results: webResults,
    error: null,
  },
  {
    type: "file_search_call",
    id: "fs_kept",
    status: "completed",
    queries: ["cats"],
    results: [{ file_id: "file-1", filename: "a.md", score: 1, text: "Cats sleep." }],
  },
  {
    type: "code_interpreter_call",
    id: "ci_kept",
    status: "completed",
    code: "print(1)",
    container_id: "cntr_1",
    outputs: [{ type: "logs", logs: "1" }],
    files: [{ file_id: "cfile_1", path: "/mnt/data/a.csv" }],
  },
];

describe("a call that has run here and comes back without its results", () => {
  /** As an answer tells of them where `include` asks for nothing. */
  const told = kept.map((item) => toVisibleItem(item));
  /** How often items were looked for, and for how many. */
  let lookUps: number[];
  beforeEach(async () => {
    const initial = toInitialResponse({ model: "m", input: "q" }, "resp_k", 0);
    await responses.finish(tenant, {
      response: { ...initial, status: "completed", output: kept as OutputItem[] },
      input: [],
    });
    lookUps = [];
    const find = responses.findItems.bind(responses);
    responses.findItems = (by, itemIds) => {
      lookUps.push(itemIds.length);
      return find(by, itemIds);
    };
  });

  test("has those that are kept under its id, in place and stored", async () => {
    const { items, input } = await load({
      input: [{ role: "user", content: "x" }, ...told],
    });
    expect(input.slice(1)).toEqual(kept);
    expect(items).toEqual(input);
    expect(lookUps).toEqual([3]);
  });

  test("is looked for together with what is referred to", async () => {
    await storeTurn("resp_1", null, "q1", "a1");
    const { input } = await load({ input: [{ id: "msg_resp_1_in" }, told[0]] });
    expect(ids(input)).toEqual(["msg_resp_1_in", "ws_kept"]);
    expect(lookUps).toEqual([2]);
  });

  test("also where it says less than what is kept", async () => {
    const { input } = await load({
      input: [
        { type: "web_search_call", id: "ws_kept" },
        { type: "file_search_call", id: "fs_kept", queries: [] },
        { type: "code_interpreter_call", id: "ci_kept", code: null },
      ],
    });
    expect(input).toEqual(kept);
  });

  test.each([
    ["another tenant's", told, "other"],
    ["unknown", told.map((item) => ({ ...item, id: `${item.id}x` })), tenant],
    [
      "that of another call",
      [
        { type: "web_search_call", id: "ws_kept", action: { type: "search", query: "dogs" } },
        { type: "file_search_call", id: "fs_kept", queries: ["dogs"] },
        { type: "code_interpreter_call", id: "ci_kept", code: "print(2)" },
      ],
      tenant,
    ],
    [
      "that of an item of another type",
      [
        { type: "web_search_call", id: "fs_kept" },
        { type: "file_search_call", id: "ci_kept" },
        { type: "code_interpreter_call", id: "ws_kept" },
      ],
      tenant,
    ],
  ])("has none where its id is %s", async (_name, sent, by) => {
    const { input } = await load({ input: sent }, by);
    expect(ids(input)).toEqual(sent.map(({ id }) => id));
    expect(JSON.stringify(input)).not.toContain("Cats sleep.");
    expect(JSON.stringify(input)).not.toContain('"logs"');
  });

  test("is the caller's own word where it has results, and is not looked for", async () => {
    const sent = [
      { type: "web_search_call", id: "ws_kept", results: [] },
      { type: "web_search_call", id: "ws_other", status: "failed", error: "no" },
      { type: "file_search_call", id: "fs_kept", queries: ["cats"], results: [] },
      { type: "code_interpreter_call", id: "ci_kept", code: "print(1)", outputs: [] },
      { type: "web_search_call", action: { type: "search", query: "cats" } },
    ];
    const { input } = await load({ input: sent });
    expect(input).toMatchObject(sent);
    expect(lookUps).toEqual([]);
  });

  test("adds nothing to a history that has it", async () => {
    const { items, input } = await load({
      previous_response_id: "resp_k",
      input: [...told, { role: "user", content: "q2" }],
    });
    expect(input).toHaveLength(1);
    expect(items.slice(0, 3)).toEqual(kept);
    expect(items).toHaveLength(4);
    expect(lookUps).toEqual([]);
  });

  test("that asks for something else than the history's stands for itself", async () => {
    const { items, input } = await load({
      previous_response_id: "resp_k",
      input: [{ type: "file_search_call", id: "fs_kept", queries: ["dogs"] }],
    });
    expect(input).toMatchObject([{ queries: ["dogs"], results: null }]);
    expect(new Set(ids(items)).size).toBe(4);
  });
});

describe("what the history has already", () => {
  const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "c1", output: "x" };
  beforeEach(async () => {
    const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
    await conversations.create(tenant, conversation, [
      message("msg_a", "user", "a"),
      { ...call, id: "fc_1" } as Item,
      { ...output, id: "fco_1" } as Item,
      { ...call, call_id: "c2", id: "fc_2" } as Item,
    ]);
  });

  test("and the input has again is neither shown nor stored a second time", async () => {
    const again = { ...output, call_id: "c2" };
    const { items, input, stored } = await load({
      conversation: "conv_1",
      input: [{ role: "user", content: "a" }, call, output, again],
    });
    expect(input).toMatchObject([again]);
    expect(ids(items)).toEqual(["msg_a", "fc_1", "fco_1", "fc_2", ...ids(input)]);
    expect(stored).toEqual(items);
  });

  test("and the input contradicts is a 422 at its place", async () => {
    const error = await errorOf({
      conversation: "conv_1",
      input: [
        { role: "user", content: "b" },
        { ...output, output: "y" },
      ],
    });
    expect(error).toMatchObject({ status: 422, param: "input[1].output", code: "invalid_value" });
  });
});

test("calls without outputs are a 422 before the model is asked", async () => {
  const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
  expect(await errorOf({ input: [call] })).toMatchObject({ status: 422, param: "input" });
});
