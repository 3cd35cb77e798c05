import type { ConstrainedInput, ModelBackend, ModelTurn, TextConstraint } from "@gateway/engine";
import type { Item } from "@gateway/protocol";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  finishChunk,
  hang,
  reasoningThenText,
  roleChunk,
  type ScriptSource,
  startScriptedBackend,
  text,
  toolCalls,
} from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import type { ChatBackendOptions } from "../chat-completions/backend.ts";
import { FailoverBackend } from "../failover-backend.ts";
import { never, readTurn, turnOf, user } from "../testing/model-turn.ts";
import { scriptedRoom } from "../testing/scripted-room.ts";

const room = scriptedRoom();
const { be, open } = room;

/** A vLLM of today. */
const current = { "/version": { version: "0.19.1" } };
const gbnf = 'root ::= "a"+';
const constraint: TextConstraint = { gbnf, exact: true, mayBegin: (start) => start.startsWith("a") };
const input: ConstrainedInput = { tool: "note", constraint: () => constraint };

const turn = turnOf([user("Go")], {
  request: { model: "public", parallel_tool_calls: true, text: { format: { type: "json_object" } } },
  instructions: "Be kind.",
  tools: [{ type: "function", name: "note", parameters: { type: "object" } }],
  toolChoice: { name: "note", input },
  maxOutputTokens: 9,
});
const again: ModelTurn = { ...turn, toolChoice: "auto", again: input };
const ask = (asked: ModelTurn, backend: ModelBackend = open()) => readTurn(backend, asked);

const call = (exact: boolean) => ({
  kind: "call",
  key: -1,
  callId: expect.stringMatching(/^call_/),
  name: "note",
  constrained: { exact },
});
const args = (...pieces: string[]) => pieces.map((piece) => ({ kind: "arguments", key: -1, text: piece }));

describe("a call whose input has a grammar", () => {
  test("is asked of vLLM as nothing but its input, and comes as a call while it is written", async () => {
    be("vllm", current);
    room.server.enqueue(roleChunk(), contentChunk('a"'), contentChunk("\n"), finishChunk("stop"), done());
    expect(await ask(turn)).toEqual([
      call(true),
      ...args('{"input":"', 'a\\"', "\\n", '"}'),
      { kind: "finish", reason: "tool_calls" },
    ]);
    const { body } = room.server.requests[0] ?? {};
    expect(body).toMatchObject({
      tool_choice: "none",
      structured_outputs: { grammar: gbnf },
      max_tokens: 9,
      tools: [{ function: { name: "note" } }],
    });
    for (const field of ["grammar", "chat_template_kwargs", "parallel_tool_calls", "response_format"])
      expect(body).not.toHaveProperty(field);
    expect(body?.messages?.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(body?.messages?.at(-1)?.content).toMatch(/^Go\n\nAnswer with the input of the tool "note"/);
  });

  test("is asked of a vLLM before 0.11 in its former words", async () => {
    be("vllm", { "/version": { version: "0.10.2" } });
    room.server.enqueue(text("aa"));
    expect(await ask(turn)).toContainEqual(call(true));
    expect(room.server.requests[0]?.body).toMatchObject({ tool_choice: "none", guided_grammar: gbnf });
    expect(room.server.requests[0]?.body).not.toHaveProperty("structured_outputs");
  });

  test("is asked in today's words of a vLLM that does not tell its version", async () => {
    be("vllm");
    room.server.byPath("/version", errorAnswer(404));
    room.server.enqueue(text("aa"));
    expect(await ask(turn)).toContainEqual(call(true));
    expect(room.server.requests[0]?.body).toMatchObject({ structured_outputs: { grammar: gbnf } });
  });

  test("leaves vLLM's model its thoughts", async () => {
    be("vllm", current);
    room.server.enqueue(reasoningThenText("Hm.", "aa"));
    const deltas = await ask(turn);
    expect(deltas[0]).toMatchObject({ kind: "reasoning" });
    expect(deltas.filter(({ kind }) => kind === "call")).toEqual([call(true)]);
  });

  test("is asked of llama.cpp in its own words", async () => {
    be("llamacpp", { "/props": { chat_template: "{{ messages }}" } });
    room.server.enqueue(text("aa"));
    expect(await ask(turn)).toContainEqual(call(true));
    expect(room.server.requests[0]?.body).toMatchObject({ tool_choice: "none", grammar: gbnf });
    expect(room.server.requests[0]?.body).not.toHaveProperty("structured_outputs");
  });

  test("that the limit cuts is left open", async () => {
    be("vllm", current);
    room.server.enqueue(roleChunk(), contentChunk("aa"), contentChunk("a"), finishChunk("length"), done());
    expect((await ask(turn)).slice(-2)).toMatchObject([
      { kind: "arguments", text: expect.stringMatching(/a$/) },
      { kind: "finish", reason: "length" },
    ]);
  });

  test("which does not begin as it has to comes from a server that ignores the grammar: it is to be checked", async () => {
    be("vllm", current);
    room.server.enqueue(text("Sure!"));
    room.server.enqueue(text(""));
    expect(await ask(turn)).toContainEqual(call(false));
    const empty = await ask(turn);
    expect(empty.filter(({ kind }) => kind !== "usage")).toEqual([
      call(false),
      ...args('{"input":"', '"}'),
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("keeps a fault of the stream for what it is", async () => {
    be("vllm", current);
    room.server.enqueue(roleChunk(), contentChunk("a"), cut());
    await expect(ask(turn)).rejects.toMatchObject({ code: "upstream_cut" });
  });
});

describe("is asked in the usual way", () => {
  const usual = toolCalls([{ name: "note", arguments: '{"input":"aa"}' }]);
  const refuses: ScriptSource = ({ body }) =>
    "structured_outputs" in body ? errorAnswer(400, { message: "Invalid grammar specification." }) : usual;

  test.each([
    ["of a server that is not known", () => be("library"), {}, turn],
    ["of a vLLM before 0.8", () => be("vllm", { "/version": { version: "0.7.3" } }), {}, turn],
    ["of one that lists no models", () => room.server.setModelsScript(errorAnswer(500)), {}, turn],
    ["where that is configured", () => be("vllm", current), { grammar: "none" }, turn],
    ["of llama.cpp that tells no template", () => be("llamacpp"), {}, again],
    [
      "of llama.cpp with a model that always thinks",
      () => be("llamacpp", { "/props": { chat_template: "<think>\n" } }),
      {},
      again,
    ],
    [
      "of llama.cpp first, with a model that may think",
      () => be("llamacpp", { "/props": { chat_template: "{% if enable_thinking %}" } }),
      {},
      turn,
    ],
    ["without a grammar", () => be("vllm", current), {}, { ...turn, toolChoice: { name: "note" } }],
    [
      "where the grammar cannot be said",
      () => be("vllm", current),
      {},
      { ...turn, toolChoice: { name: "note", input: { tool: "note", constraint: () => undefined } } },
    ],
  ] satisfies [string, () => void, Partial<ChatBackendOptions>, ModelTurn][])(
    "%s",
    async (_name, prepare, options, asked) => {
      prepare();
      room.server.enqueue(usual);
      expect(await ask(asked, open(options))).toContainEqual(
        expect.objectContaining({ kind: "call", name: "note" }),
      );
      const { body } = room.server.requests[0] ?? {};
      expect(body?.tool_choice).not.toBe("none");
      expect(JSON.stringify(body)).not.toContain("root ::=");
    },
  );

  test("where the server refuses the grammar", async () => {
    be("vllm", current);
    room.server.setDefault(refuses);
    expect(await ask(turn)).toContainEqual(expect.objectContaining({ kind: "call", name: "note" }));
    expect(room.server.requests.map(({ body }) => body.tool_choice)).toEqual(["none", "required"]);
  });
});

test("a call that could not be used is asked for again as its input alone, at the end of what was said of it", async () => {
  be("vllm", current);
  room.server.enqueue(text("aa"));
  const history: Item[] = [
    ...again.items,
    { type: "function_call", id: "fc_1", call_id: "c", name: "note", arguments: '{"input":"b"}' },
    { type: "function_call_output", id: "fco_1", call_id: "c", output: "Not carried out." },
  ];
  expect(await ask({ ...again, items: history })).toContainEqual(call(true));
  const { messages } = room.server.requests[0]?.body ?? {};
  expect(messages?.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
  expect(messages?.at(-1)?.content).toMatch(/^Not carried out\.\n\nAnswer with the input/);
});

test("a remark follows pictures as a part, and an answer as a message", async () => {
  be("vllm", current);
  room.server.enqueue(text("a"));
  room.server.enqueue(text("a"));
  const picture = {
    type: "input_image" as const,
    image_url: "data:image/png;base64,AA==",
    detail: "auto" as const,
  };
  await ask({ ...turn, items: [user([picture])] });
  expect(room.server.requests[0]?.body.messages?.at(-1)?.content).toMatchObject([
    { type: "image_url" },
    { type: "text", text: expect.stringContaining("Answer with the input") },
  ]);
  const said: Item = {
    type: "message",
    id: "m2",
    role: "assistant",
    content: [{ type: "output_text", text: "Well.", annotations: [], logprobs: [] }],
    status: "completed",
  };
  await ask({ ...turn, items: [...turn.items, said] });
  expect(room.server.requests[1]?.body.messages?.map(({ role }) => role)).toEqual([
    "system",
    "user",
    "assistant",
    "user",
  ]);
});

describe("a model of llama.cpp that can do without thinking", () => {
  test("is told to when it is asked again, since the grammar would apply to its thoughts", async () => {
    be("llamacpp", { "/props": { chat_template: "{% if enable_thinking %}<think>{% endif %}" } });
    room.server.enqueue(text("aa"));
    await ask(again);
    expect(room.server.requests[0]?.body).toMatchObject({
      grammar: gbnf,
      chat_template_kwargs: { enable_thinking: false },
    });
  });

  test("and at once where the caller wants no thoughts", async () => {
    be("llamacpp", { "/props": { chat_template: "{% if enable_thinking %}<think>{% endif %}" } });
    room.server.enqueue(text("aa"));
    await ask({ ...turn, request: { ...turn.request, reasoning: { effort: "none" } } });
    expect(room.server.requests[0]?.body).toMatchObject({ chat_template_kwargs: { enable_thinking: false } });
  });
});

test("a configuration has the last word", async () => {
  be("library", { "/props": { chat_template: "<think>" } });
  room.server.enqueue(text("aa"));
  room.server.enqueue(text("aa"));
  await ask(turn, open({ grammar: "gbnf" }));
  await ask(turn, open({ grammar: "structured_outputs" }));
  expect(room.server.requests.map(({ body }) => [body.grammar, body.structured_outputs])).toEqual([
    [gbnf, undefined],
    [undefined, { grammar: gbnf }],
  ]);
});

test("of several servers, the one that gets the turn is asked as it can be", async () => {
  be("vllm", current);
  await using other = await startScriptedBackend();
  const first = open({ url: other.url, name: "other" });
  other.enqueue(errorAnswer(503));
  room.server.enqueue(text("aa"));
  expect(await ask(turn, new FailoverBackend([first, open()]))).toContainEqual(call(true));
  expect(other.requests[0]?.body).toMatchObject({ tool_choice: "required" });
  expect(room.server.requests[0]?.body).toMatchObject({ structured_outputs: { grammar: gbnf } });
});

test("a call that nobody reads is ended at the server", async () => {
  be("vllm", current);
  room.server.enqueue(roleChunk(), contentChunk("a"), hang());
  const stream = (await open().open(turn, never))[Symbol.asyncIterator]();
  await stream.return?.();
  await room.server.requests[0]?.whenAborted;
  expect(room.server.requests[0]?.aborted).toBe(true);
});
